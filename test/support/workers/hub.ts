/** A hub of the bank's accounts in a Durable Object, which can be evicted. */
import { DurableObject } from "cloudflare:workers";
import { openEventStore } from "rivulet";
import { durableObject, type DurableObjectContext } from "rivulet/durable-objects";
import { createHub, type Hub, type MadeResponse } from "rivulet/sync/hub";
import { bank } from "../sync/bank.ts";

interface Env {
  readonly STORES: { getByName(name: string): { fetch(request: Request): Promise<Response> } };
}

export class Accounts extends DurableObject<Env> {
  readonly #hub: Promise<Hub> = openEventStore(durableObject(this.ctx)).then((store) =>
    createHub(store, {
      authenticate: (request) => request.headers.get("authorization") ?? undefined,
      deciders: { bank },
      limits: { pulls: 1, heartbeat: 300 },
    }),
  );

  async fetch(request: Request): Promise<MadeResponse> {
    if (request.url.endsWith("/evict")) (this.ctx as DurableObjectContext & { abort(): void }).abort();
    return (await this.#hub).fetch(request);
  }
}

export default {
  fetch: (request: Request, env: Env): Promise<Response> => env.STORES.getByName("bank").fetch(request),
};
