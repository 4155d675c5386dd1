/** A store in an object that is used with odd values, exported and filled by an import. */
import { DurableObject } from "cloudflare:workers";
import { openEventStore } from "rivulet";
import { durableObject } from "rivulet/durable-objects";
import { ndjson } from "rivulet/ndjson";
import { askAtRandom } from "../statements-and-values.ts";
import { useOddValues } from "../odd-values.ts";

interface Env {
  readonly STORES: { getByName(name: string): { answer(path: string, text: string): Promise<unknown> } };
}

export class Odd extends DurableObject<Env> {
  async answer(path: string, text: string): Promise<unknown> {
    const store = await openEventStore(durableObject(this.ctx));
    try {
      if (path === "/import") return await store.importEvents(ndjson, text);
      if (path === "/export") return (await store.exportEvents(ndjson).toArray()).join("");
      if (path === "/events") return await store.read().toArray();
      if (path === "/ask") return await askAtRandom(store, Number(text), true);
      return await useOddValues(store);
    } finally {
      await store.close();
    }
  }
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const object = env.STORES.getByName(searchParams.get("object") ?? "");
    return Response.json(await object.answer(pathname, await request.text()));
  },
};
