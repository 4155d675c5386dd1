import { openSqliteStorage, storeClosed, wrapVerbs, type Adapter, type EventStorage } from "../../src/adapter.ts";
import { openDriver } from "./driver.ts";
import { withEventLimit } from "./limits.ts";
import type { DurableObjectContext } from "./platform.ts";
import { client, serve, type MessageReceiver, type StoreObject } from "./remote.ts";

export type { DurableObjectContext, DurableObjectStorage } from "./platform.ts";
export type { MessageReceiver, StoreObject } from "./remote.ts";

/**
 * Keeps events in the SQLite database of a Cloudflare Durable Object, from inside the object. One object has one store, which may be
 * opened several times. An append resolves once it is committed, before it is on disk, but the platform's output gate holds back
 * everything that the object sends afterwards, such as responses, until it is: `info().durability` is "output-gate".
 *
 * @throws `storage-format` when the store is opened, if the object's tables are not rivulet's or have a newer format, and
 * `storage-corrupt` if they are damaged. `invalid-event` when an event of more than 2,080,768 bytes is appended, and
 * `storage-unavailable` for a larger snapshot: the platform stores values of up to 2 MiB.
 * @example
 * ```ts
 * export class Visits extends DurableObject {
 *   readonly store = openEventStore(durableObject(this.ctx));
 *   async visit(page: string): Promise<void> {
 *     await (await this.store).stream(page).append({ type: "visited" });
 *   }
 * }
 * ```
 */
export function durableObject(ctx: DurableObjectContext): Adapter {
  return { name: "durable-objects", open: async () => ({ storage: await share(ctx), defer, verbs: {} }) };
}

/**
 * Serves the store of a Durable Object to Workers over RPC. Returns the body of the object's method `connectStore`: it gets the function
 * that receives messages in the Worker, and returns the one that receives them in the object.
 *
 * @throws Nothing itself: an error in opening, such as `storage-format`, rejects the Worker's {@link remoteDurableObject}.
 * @example
 * ```ts
 * export class Visits extends DurableObject {
 *   readonly #serve = serveDurableObject(this.ctx);
 *   connectStore(reply: MessageReceiver): Promise<unknown> {
 *     return this.#serve(reply);
 *   }
 * }
 * ```
 */
export function serveDurableObject(ctx: DurableObjectContext): (reply: MessageReceiver) => Promise<unknown> {
  return serve(durableObject(ctx));
}

/**
 * Uses the store of a Durable Object from a Worker, or from another object, over RPC. Everything that a store can do works, with one
 * call to the object for each append and each page. The object's class needs a method `connectStore`: see {@link serveDurableObject}.
 * The connection ends with the request in which the Worker opened it: close the store before.
 *
 * @throws `worker-lost` once the object was stopped, for example by a deployment, and `outcome-unknown` for an append in progress at
 * that moment: open the store again. Opening rejects with the errors of {@link durableObject}.
 * @example
 * ```ts
 * async function history(env: { VISITS: { getByName(name: string): StoreObject } }): Promise<readonly StoredEvent[]> {
 *   await using store = await openEventStore(remoteDurableObject(env.VISITS.getByName("site")));
 *   return store.stream("/").read().toArray();
 * }
 * ```
 */
export function remoteDurableObject(object: StoreObject): Adapter {
  return client(object);
}

const SHARED: unique symbol = Symbol.for("rivulet/durable-objects");

/** The storage that all stores of an object share: a storage caches what it has written, and would not notice the writes of another. */
interface Shared {
  readonly opening: Promise<EventStorage>;
  users: number;
}

async function share(ctx: DurableObjectContext & { [SHARED]?: Shared | undefined }): Promise<EventStorage> {
  const shared = (ctx[SHARED] ??= { opening: openStorage(ctx), users: 0 });
  shared.users += 1;
  let closed = false;
  async function close(): Promise<void> {
    if (closed) return;
    closed = true;
    shared.users -= 1;
    if (shared.users > 0) return;
    ctx[SHARED] = undefined;
    await (await shared.opening).close();
  }
  try {
    const own = wrapVerbs(await shared.opening, (verb) => async (argument) => {
      if (closed) throw storeClosed();
      return verb(argument);
    });
    return { ...own, close };
  } catch (error) {
    if (ctx[SHARED] === shared) ctx[SHARED] = undefined;
    throw error;
  }
}

async function openStorage({ storage }: DurableObjectContext): Promise<EventStorage> {
  const info = {
    adapter: "durable-objects",
    backend: "durable-object",
    persisted: true,
    durability: "output-gate",
  } as const;
  return withEventLimit(await openSqliteStorage(openDriver(storage), { info, exclusive: true, pagesAs: "rows" }));
}

declare function setTimeout(task: () => void, milliseconds: number): unknown;

/** Runs a task later, so that other requests of the object can run first. */
function defer(task: () => void): void {
  setTimeout(task, 0);
}
