/** One store, used inside its object or from the Worker over RPC, as the path says; errors are answered with their codes. */
import { DurableObject } from "cloudflare:workers";
import { isEventStoreError, openEventStore, type EventStore } from "rivulet";
import {
  durableObject,
  remoteDurableObject,
  serveDurableObject,
  type DurableObjectContext,
  type MessageReceiver,
  type StoreObject,
} from "rivulet/durable-objects";

interface Env {
  readonly STORES: { getByName(name: string): Stub };
}

interface Stub extends StoreObject {
  answer(url: string): Promise<unknown>;
}

/** What the platform gives besides. */
interface Context extends DurableObjectContext {
  readonly storage: DurableObjectContext["storage"] & { put(key: string, value: unknown): Promise<void> };
  abort(reason: string): void;
}

export class Ledger extends DurableObject<Env> {
  readonly #serve = serveDurableObject(this.ctx, { indexedMetadata: ["served"] });

  connectStore(reply: MessageReceiver): Promise<unknown> {
    return this.#serve(reply);
  }

  async answer(url: string): Promise<unknown> {
    const ctx = this.ctx as Context;
    const { pathname, searchParams } = new URL(url);
    if (pathname.endsWith("/keep")) return (await ctx.storage.put("key", "value"), true);
    if (pathname.endsWith("/evict")) return (ctx.abort("evicted"), true);
    if (pathname.endsWith("/sql")) return [...ctx.storage.sql.exec(searchParams.get("text") ?? "").raw()];
    const keys = searchParams.getAll("key");
    const indexedMetadata = keys.length === 0 ? undefined : keys.includes("*") ? (["*", 7] as never) : keys;
    return answered(url, () => openEventStore(durableObject(ctx, { indexedMetadata })));
  }
}

async function answered(url: string, open: () => Promise<EventStore>): Promise<unknown> {
  try {
    const store = await open();
    try {
      return await use(store, new URL(url));
    } finally {
      await store.close();
    }
  } catch (error) {
    if (!isEventStoreError(error)) throw error;
    return { code: error.code, message: error.message, details: error.details };
  }
}

/** What a client's query gives that no definition has made. */
async function query(object: StoreObject, { searchParams }: URL): Promise<unknown> {
  const { storage } = await remoteDurableObject(object).open();
  const asked = storage.models?.queryModels({ text: searchParams.get("text") ?? "", values: [], models: [] });
  return asked?.then(
    ({ rows }) => rows,
    ({ code }: { readonly code: string }) => code,
  );
}

async function use(store: EventStore, { pathname, searchParams }: URL): Promise<unknown> {
  const text = (searchParams.get("letter") ?? "x").repeat(Number(searchParams.get("bytes") ?? 1));
  const stream = store.stream("ledger");
  if (pathname.endsWith("/append")) {
    const id = searchParams.get("id") ?? "";
    const user = searchParams.get("user") ?? undefined;
    return (await stream.append({ type: "entered", id, data: text, metadata: { user } })).position;
  }
  if (pathname.endsWith("/snapshot")) return stream.saveSnapshot({ projection: "p", version: 1, state: text });
  if (pathname.endsWith("/info")) return store.info();
  const user = searchParams.get("user");
  const events = await store.read(user === null ? {} : { metadata: { user } }).toArray();
  return events.map(({ position, id }) => ({ position, id }));
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { pathname } = new URL(request.url);
    const object = env.STORES.getByName(pathname.startsWith("/foreign") ? "foreign" : "ledger");
    const remote = pathname.includes("remote");
    if (pathname.endsWith("/query")) return Response.json(await query(object, new URL(request.url)));
    const answer = remote
      ? await answered(request.url, () => openEventStore(remoteDurableObject(object)))
      : await object.answer(request.url);
    return Response.json(answer ?? null);
  },
};
