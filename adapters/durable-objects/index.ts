import {
  checkIndexedMetadata,
  checkOptions,
  EventStoreError,
  invalidArgument,
  messageOf,
  serveOverRpc,
  shareStorage,
  storeOverRpc,
  storeOverSocket,
  type Adapter,
  type MessageReceiver,
  type StoreObject,
  type WebSocketLike,
} from "../../src/adapter.ts";
import type { DurableObjectStorage } from "../durable-sqlite/platform.ts";
import { openStorage } from "../durable-sqlite/storage.ts";
import type { DurableObjectContext, WebSocketContext } from "./platform.ts";
import { serveSockets, type StoreSockets } from "./sockets.ts";

export type { MessageReceiver, StoreObject, WebSocketLike } from "../../src/adapter.ts";
export type { DurableObjectStorage } from "../durable-sqlite/platform.ts";
export type { DurableObjectContext, DurableObjectSocket, WebSocketContext } from "./platform.ts";
export type { StoreSockets } from "./sockets.ts";

/** Options of {@link durableObject}. */
export interface DurableObjectOptions {
  /**
   * Top-level keys of events' metadata, such as "userId", by which filtered reads take as long as what they find instead of scanning all
   * events. The first opening with a key goes through all events once. The object keeps the key, also if it is left out later. Each
   * event with such a key takes about 15 bytes more, and appending it somewhat longer. A key that is named while the object's store is
   * open takes effect when it is opened the next time. Default: none.
   */
  readonly indexedMetadata?: readonly string[] | undefined;
}

/**
 * Keeps events in the SQLite database of a Cloudflare Durable Object, from inside the object. One object has one store, which may be
 * opened several times. An append resolves once it is committed, before it is on disk, but the platform's output gate holds back
 * everything that the object sends afterwards, such as responses, until it is: `info().durability` is "output-gate".
 *
 * @throws when the store is opened: `storage-unavailable` if the object's class is not backed by SQLite; `storage-format` if
 * the object's tables are not rivulet's or are newer; `storage-corrupt` if they are damaged; `invalid-argument` for an
 * invalid option. Later, because the platform stores values of up to 2 MiB: `invalid-event` for an event of more than
 * 2,080,768 bytes; `storage-unavailable` for a larger snapshot.
 * @example
 * ```ts
 * export class Visits extends DurableObject {
 *   readonly store = openEventStore(durableObject(this.ctx));
 *   async visit(page: string): Promise<unknown> {
 *     return (await this.store).stream(page).append({ type: "visited" });
 *   }
 * }
 * ```
 */
export function durableObject(ctx: DurableObjectContext, options: DurableObjectOptions = {}): Adapter {
  const named = namedKeys(ctx, options);
  return {
    name: "durable-objects",
    async open() {
      checkOptions(options, ["indexedMetadata"]);
      const storage = storageOf(ctx);
      checkIndexedMetadata(options.indexedMetadata);
      return { storage: await shareStorage(ctx, () => openStorage(storage, [...named])), defer, verbs: {} };
    },
  };
}

const NAMED: unique symbol = Symbol.for("rivulet/named-keys");

/** Adds the keys of metadata to those that were named for an object before: whoever opens its store first opens it for all. */
function namedKeys(ctx: DurableObjectContext, options: DurableObjectOptions): ReadonlySet<string> {
  const owner = Object(ctx) as { [NAMED]?: Set<string> };
  const named = (owner[NAMED] ??= new Set());
  const { indexedMetadata } = Object(options) as DurableObjectOptions;
  try {
    for (const key of checkIndexedMetadata(indexedMetadata)) named.add(key);
  } catch {
    // Opening refuses it, and must not refuse it for others.
  }
  return named;
}

/**
 * Serves the store of a Durable Object to Workers over RPC. Returns the body of the object's method `connectStore`: it gets the function
 * that receives messages in the Worker, and returns the one that receives them in the object.
 *
 * @throws `invalid-argument` for anything but the state of an object. An error in opening, such as `storage-format`, rejects the Worker's {@link remoteDurableObject}.
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
export function serveDurableObject(
  ctx: DurableObjectContext,
  options: DurableObjectOptions = {},
): (reply: MessageReceiver) => Promise<unknown> {
  if (ctx?.storage === undefined) throw noState();
  return serveOverRpc(durableObject(ctx, options));
}

/**
 * Uses the store of a Durable Object from a Worker, or from another object, over RPC. Everything that a store can do works, with one
 * call to the object for each append and each page. The object's class needs a method `connectStore`: see {@link serveDurableObject}.
 * The connection ends with the request in which the Worker opened it: close the store before.
 *
 * @throws `invalid-argument` for what has no method `connectStore`. `worker-lost` once the object was stopped, for example by a deployment, and `outcome-unknown` for an append in progress at
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
  if (typeof object?.connectStore !== "function") {
    throw invalidArgument("object", "object must be the stub of a Durable Object with a method connectStore");
  }
  return storeOverRpc("durable-objects", object);
}

/**
 * Serves the store of a Durable Object over WebSockets, to browsers and whatever else has `WebSocket`. While nothing happens, the object
 * hibernates, and its sockets stay open; when it wakes, watchers go on where they were. Whoever may connect can read and append
 * everything: check the request before. Make it in the constructor, and call it from the methods that the platform calls.
 *
 * @throws `invalid-argument` for anything but the state of an object. An error in opening the store, such as `storage-format`, rejects the client's {@link webSocketStore}.
 * @example
 * ```ts
 * export class Visits extends DurableObject {
 *   readonly sockets = serveWebSockets(this.ctx);
 *   fetch = (): Response => this.sockets.accept();
 *   webSocketMessage = this.sockets.message;
 *   webSocketClose = this.sockets.close;
 * }
 * ```
 */
export function serveWebSockets(ctx: WebSocketContext, options: DurableObjectOptions = {}): StoreSockets {
  if (typeof ctx?.acceptWebSocket !== "function") throw noState();
  return serveSockets(ctx, durableObject(ctx, options));
}

/**
 * Uses the store of a Durable Object over a WebSocket, from a browser, a Worker or a server. After a loss, it connects again for as long
 * as the store is open; calls wait until then, and watchers go on where they were. `connect` creates the socket, for example with a
 * ticket in its address.
 *
 * @throws `invalid-argument` for what is not a function. `storage-unavailable` when the store is opened and the object cannot be reached. Opening also rejects with the errors of
 * {@link durableObject}.
 * @example
 * ```ts
 * async function follow(): Promise<void> {
 *   const store = await openEventStore(webSocketStore(() => new WebSocket("wss://example.org/visits")));
 *   for await (const event of store.watch()) console.log(event.type);
 * }
 * ```
 */
export function webSocketStore(connect: () => WebSocketLike | PromiseLike<WebSocketLike>): Adapter {
  if (typeof connect !== "function") {
    throw invalidArgument("connect", "connect must be a function that creates a socket: () => new WebSocket(…)");
  }
  return storeOverSocket("durable-objects", connect);
}

function noState(): EventStoreError {
  return invalidArgument("ctx", "ctx must be the state of a Durable Object: this.ctx");
}

/** @throws `invalid-argument` for anything but an object's state, and `storage-unavailable` if its class is not backed by SQLite. */
function storageOf(ctx: Partial<DurableObjectContext> | undefined): DurableObjectStorage {
  const storage = ctx?.storage;
  if (storage === undefined) throw noState();
  try {
    // Without SQLite there is the same object, and every statement throws.
    storage.sql.exec("SELECT 1").toArray();
    return storage;
  } catch (error) {
    const message = `the class of this object has no SQLite: list it in new_sqlite_classes: ${messageOf(error)}`;
    throw new EventStoreError("storage-unavailable", message, { reason: "no-sqlite" }, error);
  }
}

const { setTimeout } = globalThis as unknown as { setTimeout(task: () => void, milliseconds: number): unknown };

/** Runs a task later, so that other requests of the object can run first, even if a test has replaced the timers since. */
function defer(task: () => void): void {
  setTimeout(task, 0);
}
