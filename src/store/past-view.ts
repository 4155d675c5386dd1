import type { Event } from "../event.ts";
import { createEventStream, type EventStream } from "./event-stream.ts";
import { checkPosition } from "../validate.ts";
import { toTimestamp } from "../read/read.ts";
import { createReaders, type Readers } from "./read-verbs.ts";
import type { StoreContext } from "../storage/store-context.ts";

/** One stream as it was at the position of a past view. */
export interface PastStream<E extends Event = Event> extends Pick<
  EventStream<E>,
  "name" | "read" | "load" | "version"
> {}

/** The store as it was at a position, without later events. It is read-only. */
export interface PastView<Known extends Event = Event> extends Readers<Known> {
  /**
   * Resolves with the position at which the view ends: the one asked for, but at most the head at the first read.
   *
   * @throws a storage code such as `storage-busy`.
   * @example
   * ```ts
   * await account.append({ type: "deposited", data: { amount: 100 } });
   * const now = store.at(new Date());
   * console.log(await now.position()); // → 1
   * ```
   */
  position(): Promise<number>;
  /**
   * Returns a read-only handle on one stream as it was.
   *
   * @throws `invalid-argument` for an invalid name.
   * @example
   * ```ts
   * await account.append({ type: "deposited", data: { amount: 100 } });
   * const before = store.at(0).stream("account-1");
   * console.log(await before.version(), await account.version()); // → 0 1
   * ```
   */
  stream<E extends Event = Known>(name: string): PastStream<E>;
}

/** Ends at a position, or with the events recorded up to a time. @throws `invalid-argument` and `store-closed`. */
export function createPastView(present: StoreContext, place: number | Date): PastView {
  present.ensureOpen();
  const { storage } = present;
  const time = place instanceof Date ? toTimestamp(place, "place") : undefined;
  if (time === undefined) checkPosition(place, "place", " (a position), or a valid Date");
  let found: Promise<number> | undefined;

  const find = async (): Promise<number> =>
    time === undefined ? Math.min(place as number, await storage.head()) : storage.positionAt(time);
  const context = { ...present, end: () => (found ??= find()) };

  return {
    position: context.end,
    stream(name) {
      const { read, load } = createEventStream(context, name);
      return {
        name,
        read,
        load,
        version: async () => (await read({ direction: "backward", limit: 1 }).toArray())[0]?.version ?? 0,
      };
    },
    ...createReaders(context),
  };
}
