/** Runs one conformance case a request: inside a Durable Object, or in a Worker whose stores are in objects of their own. */
import { DurableObject } from "cloudflare:workers";
import { openEventStore, type EventStore } from "rivulet";
import {
  durableObject,
  remoteDurableObject,
  serveDurableObject,
  type MessageReceiver,
  type StoreObject,
} from "rivulet/durable-objects";
import { conformanceCases, type ConformanceHarness } from "rivulet/testing";
import { INDEXED_KEYS } from "../indexed-keys.ts";

interface Env {
  readonly STORES: { newUniqueId(): unknown; get(id: unknown): Stub };
}

interface Stub extends StoreObject {
  run(name: string): Promise<string | null>;
}

export class Stores extends DurableObject<Env> {
  readonly #serve = serveDurableObject(this.ctx);

  connectStore(reply: MessageReceiver): Promise<unknown> {
    return this.#serve(reply);
  }

  /** An object has one store: where a case opens a second one, that is in another object. */
  run(name: string): Promise<string | null> {
    const here = new WeakSet<EventStore>();
    const others = remoteHarness(this.env);
    let taken = false;
    const openHere: ConformanceHarness["open"] = async (options) => {
      const store = await openEventStore(durableObject(this.ctx, { indexedMetadata: INDEXED_KEYS }), options);
      here.add(store);
      return store;
    };
    return runCase(name, {
      open(options) {
        if (taken) return others.open(options);
        taken = true;
        return openHere(options);
      },
      reopen: (store, options) => (here.has(store) ? openHere(options) : others.reopen(store, options)),
      alongside: (store, options) => (here.has(store) ? openHere(options) : others.alongside(store, options)),
      sql: true,
    });
  }
}

function remoteHarness({ STORES }: Env): Required<Omit<ConformanceHarness, "sql" | "limits">> {
  const stubs = new WeakMap<EventStore, Stub>();
  const openAt = async (stub: Stub, options?: Parameters<ConformanceHarness["open"]>[0]): Promise<EventStore> => {
    const store = await openEventStore(remoteDurableObject(stub), options);
    stubs.set(store, stub);
    return store;
  };
  return {
    open: (options) => openAt(STORES.get(STORES.newUniqueId()), options),
    reopen: (store, options) => openAt(stubs.get(store) as Stub, options),
    alongside: (store, options) => openAt(stubs.get(store) as Stub, options),
  };
}

async function runCase(name: string, harness: ConformanceHarness): Promise<string | null> {
  const found = conformanceCases(harness).find((one) => one.name === name);
  if (found === undefined) return `there is no case "${name}"`;
  return found.run().then(
    () => null,
    (error: unknown) => (error instanceof Error ? (error.stack ?? error.message) : String(error)),
  );
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const name = searchParams.get("name") ?? "";
    const wrong =
      pathname === "/inside"
        ? await env.STORES.get(env.STORES.newUniqueId()).run(name)
        : await runCase(name, { ...remoteHarness(env), sql: true });
    return Response.json(wrong);
  },
};
