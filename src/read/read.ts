import { createBufferedIterator } from "../async/buffered-iterator.ts";
import { mustBe } from "../errors.ts";
import type { Event, StoredEvent } from "../event.ts";
import { FILTER_OPTIONS, toRecordFilter, type EventFilter } from "../events/filter.ts";
import { checkChoice, checkInteger, checkPosition, checkOptions } from "../validate.ts";
import { createPager, scopeOf, type Pager } from "./pager.ts";
import type { AbortSignalLike } from "../platform.ts";
import type { StoreContext } from "../storage/store-context.ts";

/** Which events of a stream to read. */
export interface ReadOptions {
  /**
   * Reads events after this version, exclusive, so that a checkpoint can be passed as it is; default 0. A version beyond the newest
   * one reads nothing.
   */
  readonly after?: number | undefined;
  /** Reads events up to this version, inclusive; default: all events. */
  readonly upTo?: number | undefined;
  /** "forward": oldest first. "backward": newest first. Default: "forward". */
  readonly direction?: "forward" | "backward" | undefined;
  /** Returns at most this many events, counted after the filter, in the order of `direction`; default: all. */
  readonly limit?: number | undefined;
  /** Reads events recorded up to this time, a `Date` or milliseconds since the epoch; default: all events. */
  readonly asOf?: Date | number | undefined;
  /** Aborting it ends the read: the next event rejects with the signal's reason. */
  readonly signal?: AbortSignalLike | undefined;
}

/** Which events of the whole store to read; `after` and `upTo` are positions. */
export interface ReadAllOptions<Type extends string = string> extends ReadOptions, EventFilter<Type> {}

/** The events of a read, in order: iterate over them, or take all of them at once. */
export interface EventReader<E extends Event = Event> extends AsyncIterableIterator<StoredEvent<E>>, AsyncDisposable {
  /**
   * Resolves with the events that were not taken yet. Faster than iterating.
   *
   * @throws `store-closed`, `unknown-event`, `upcast-failed` or a storage code such as `storage-corrupt`.
   * @example
   * ```ts
   * await account.append({ type: "deposited", data: { amount: 100 } });
   * const events = await account.read({ limit: 10 }).toArray();
   * console.log(events.map(({ data }) => data.amount)); // → [ 100 ]
   * ```
   */
  toArray(): Promise<StoredEvent<E>[]>;
}

/** Reads one stream or the whole store, up to the head at the first page. @throws `store-closed` and `invalid-argument`. */
export function read(context: StoreContext, stream: string | undefined, options: ReadAllOptions): EventReader {
  context.ensureOpen();
  checkOptions(options, stream === undefined ? [...READ_OPTIONS, ...FILTER_OPTIONS] : READ_OPTIONS);
  const { after = 0, upTo = Number.MAX_SAFE_INTEGER, direction = "forward", limit = Infinity, signal } = options;
  checkPosition(after, "after");
  checkPosition(upTo, "upTo");
  if (limit !== Infinity) checkInteger(limit, "limit", 0);
  checkChoice(direction, "direction", "forward", "backward");
  const bound = boundOf(options.asOf);
  const filter = toRecordFilter(options);
  const walk = { ...scopeOf(stream, filter), after, upTo, direction };

  let pager: Pager | undefined;
  let left = limit;

  async function fill(): Promise<readonly StoredEvent[] | undefined> {
    if (left === 0) return undefined;
    pager ??= createPager(context, walk, await bound(context));
    const page = await pager.next(filter === undefined ? left : undefined);
    // The page may have been requested ahead, before the store was closed.
    context.ensureOpen();
    if (page === undefined) return undefined;
    const taken = page.length > left ? page.slice(0, left) : page;
    left -= taken.length;
    return taken;
  }

  return createBufferedIterator<StoredEvent>({ fill, signal });
}

const READ_OPTIONS = ["after", "upTo", "direction", "limit", "asOf", "signal"];

/** Makes the function that finds the position at which a read ends; undefined for the head. @throws `invalid-argument`. */
export function boundOf(
  asOf: unknown,
): (context: Pick<StoreContext, "storage" | "end">) => Promise<number | undefined> {
  const time = asOf === undefined ? undefined : toTimestamp(asOf, "asOf");
  return async ({ storage, end }) => {
    const last = await end?.();
    if (time === undefined) return last;
    return Math.min(await storage.positionAt(time), last ?? Infinity);
  };
}

/** Converts a time to milliseconds since the epoch. @throws `invalid-argument`. */
export function toTimestamp(time: unknown, argument: string): number {
  const milliseconds = time instanceof Date ? time.getTime() : time;
  if (Number.isFinite(milliseconds)) return milliseconds as number;
  throw mustBe(argument, "a valid Date, or milliseconds since the epoch");
}
