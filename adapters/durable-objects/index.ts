import { openSqliteStorage, storeClosed, wrapVerbs, type Adapter, type EventStorage } from "../../src/adapter.ts";
import { openDriver } from "./driver.ts";
import { withEventLimit } from "./limits.ts";
import type { DurableObjectContext } from "./platform.ts";
import { client, serve, type Connected, type DurableObjectStub, type MessageReceiver } from "./remote.ts";

export type { DurableObjectContext, DurableObjectStorage } from "./platform.ts";

/**
 * Keeps events in the SQLite of a Cloudflare Durable Object: one store an object, opened from its class. An append resolves before
 * it is on disk, but the platform lets nothing leave the object until it is: no response, no request, no message
 * (`info().durability` is "output-gate").
 *
 * @throws `storage-format` and `storage-corrupt` when the store is opened: the object's tables are not rivulet's, are of a newer
 * format, or are damaged.
 * @example
 * ```ts
 * import { DurableObject } from "cloudflare:workers";
 * import { openEventStore } from "rivulet";
 * import { durableObject } from "rivulet/durable-objects";
 *
 * export class Visits extends DurableObject {
 *   readonly events = openEventStore(durableObject(this.ctx));
 * }
 * ```
 */
export function durableObject(ctx: DurableObjectContext): Adapter {
  return {
    name: "durable-objects",
    open: async () => ({ storage: await share(ctx as SharingContext), defer, verbs: {} }),
  };
}

/** The stores of one object have one storage, which knows what was written: two would not know of each other's appends. */
interface SharingContext extends DurableObjectContext {
  [SHARED]?: Shared | undefined;
}

interface Shared {
  readonly opening: Promise<EventStorage>;
  users: number;
}

const SHARED: unique symbol = Symbol.for("rivulet/durable-objects") as never;

async function share(ctx: SharingContext): Promise<EventStorage> {
  const shared = (ctx[SHARED] ??= { opening: openStorage(ctx), users: 0 });
  shared.users += 1;
  let used = true;
  const close = async (): Promise<void> => {
    if (!used) return;
    used = false;
    shared.users -= 1;
    if (shared.users > 0) return;
    ctx[SHARED] = undefined;
    await (await shared.opening).close();
  };
  try {
    const storage = await shared.opening;
    const own = wrapVerbs(storage, (verb) => async (argument) => {
      if (!used) throw storeClosed();
      return verb(argument);
    });
    return { ...own, close };
  } catch (error) {
    if (ctx[SHARED] === shared) ctx[SHARED] = undefined;
    throw error;
  }
}

async function openStorage({ storage }: DurableObjectContext): Promise<EventStorage> {
  const info = { adapter: "durable-objects", backend: "durable-object", persisted: true, durability: "output-gate" } as const;
  return withEventLimit(await openSqliteStorage(openDriver(storage), { info, exclusive: true, pagesAs: "rows" }));
}

declare function setTimeout(task: () => void, milliseconds: number): unknown;

/** Other requests of the object come in between. */
function defer(task: () => void): void {
  setTimeout(task, 0);
}

export function serveDurableObject(ctx: DurableObjectContext): (reply: MessageReceiver) => Promise<Connected> {
  return serve(durableObject(ctx));
}

export function inDurableObject(stub: DurableObjectStub): Adapter {
  return client(stub);
}

export type { Connected, DurableObjectStub, MessageReceiver } from "./remote.ts";
