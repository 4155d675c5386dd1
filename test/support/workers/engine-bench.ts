/** Does a block of the benchmark's work in a Durable Object, through its store or by hand in another object. */
import { DurableObject } from "cloudflare:workers";
import { openEventStore, type EventStore } from "rivulet";
import { durableObject } from "rivulet/durable-objects";
import { createBlocks, type Blocks, type RawEngine, type Who, type WorkName } from "../../bench/engine-work.ts";
import { INSERT } from "../../bench/raw-schema.ts";

interface Env {
  readonly STORES: { getByName(name: string): { run(work: WorkName | "open" | "prepare", who: Who): Promise<void> } };
}

export class Bench extends DurableObject<Env> {
  #store: Promise<EventStore> | undefined;
  readonly #blocks: Blocks = createBlocks(
    () => (this.#store ??= openEventStore(durableObject(this.ctx))),
    () => this.#openRaw(),
  );

  async run(work: WorkName | "open" | "prepare", who: Who): Promise<void> {
    if (work === "prepare") await this.#blocks.prepare(who);
    else if (work === "open") await this.#blocks.open(who);
    else await this.#blocks.run(work, who);
  }

  #openRaw(): RawEngine {
    const { storage } = this.ctx;
    const { sql } = storage;
    return {
      exec: (text) => void sql.exec(text),
      transaction: (work) => storage.transactionSync(work),
      insert: (values) => void sql.exec(INSERT, ...values),
      page: (text, position) => [...sql.exec(text, position).raw()],
      // A commit of its own for each: the platform commits what one turn of the event loop has written.
      pause: () => new Promise((resolve) => setTimeout(resolve, 0)),
    };
  }
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { searchParams } = new URL(request.url);
    const who = searchParams.get("who") as Who;
    await env.STORES.getByName(who).run(searchParams.get("work") as WorkName, who);
    return Response.json(null);
  },
};
