import { createBufferedIterator } from "../async/buffered-iterator.ts";
import { mustBe } from "../errors.ts";
import type { Event, StoredEvent } from "../event.ts";
import { FILTER_OPTIONS, toRecordFilter, type EventFilter } from "../events/filter.ts";
import { checkInteger, checkOptions } from "../validate.ts";
import { createPager, scopeOf, type Pager, type PageSource } from "./pager.ts";
import type { AbortSignalLike } from "../platform.ts";

/** Which part of a stream to read. */
export interface ReadOptions {
  /**
   * Only events after this version; default 0. Exclusive, so a checkpoint goes straight in. Beyond the newest there is nothing to
   * read.
   */
  readonly after?: number | undefined;
  /** Only events up to this version, inclusive; default: all there are. */
  readonly upTo?: number | undefined;
  /** Oldest first or newest first; default "forward". */
  readonly direction?: "forward" | "backward" | undefined;
  /** At most so many events, the first in reading direction; default: all. */
  readonly limit?: number | undefined;
  /** Only events recorded up to then: a `Date`, or milliseconds since the epoch. */
  readonly asOf?: Date | number | undefined;
  /** Aborting it ends the read: the next event rejects with the signal's reason. */
  readonly signal?: AbortSignalLike | undefined;
}

/** Which part of the whole store to read: `after` and `upTo` are positions. */
export interface ReadAllOptions extends ReadOptions, EventFilter {}

/** The events of a read, in order: iterate over them, or take them all at once. */
export interface EventReader<E extends Event = Event> extends AsyncIterableIterator<StoredEvent<E>>, AsyncDisposable {
  /** What is left of the read, as an array; faster than iterating. */
  toArray(): Promise<StoredEvent<E>[]>;
}

/** What a read needs of its store. */
export interface ReadSource extends PageSource {
  /** Throws `store-closed` once the store is. */
  ensureOpen(): void;
  /** The position at which a view of the past ends; absent: there is no such end. */
  readonly end?: (() => Promise<number>) | undefined;
}

/** Reads one stream, or everything; bounded by the head at its first page. Throws `store-closed` and `invalid-argument`. */
export function read(source: ReadSource, stream: string | undefined, options: ReadAllOptions): EventReader {
  source.ensureOpen();
  checkOptions(options, stream === undefined ? [...READ_OPTIONS, ...FILTER_OPTIONS] : READ_OPTIONS);
  const { after = 0, upTo = Number.MAX_SAFE_INTEGER, direction = "forward", limit = Infinity, signal } = options;
  checkInteger(after, "after", 0);
  checkInteger(upTo, "upTo", 0);
  if (limit !== Infinity) checkInteger(limit, "limit", 0);
  if (direction !== "forward" && direction !== "backward") {
    throw mustBe("direction", '"forward" or "backward"');
  }
  const bound = boundOf(options.asOf);
  const filter = toRecordFilter(options);
  const walk = { ...scopeOf(stream, filter), after, upTo, direction };

  let pager: Pager | undefined;
  let left = limit;

  async function fill(): Promise<readonly StoredEvent[] | undefined> {
    if (left === 0) return undefined;
    pager ??= createPager(source, walk, await bound(source));
    const page = await pager.next(filter === undefined ? left : undefined);
    // A page that was asked for ahead may come though the store has closed since.
    source.ensureOpen();
    if (page === undefined) return undefined;
    const taken = page.length > left ? page.slice(0, left) : page;
    left -= taken.length;
    return taken;
  }

  return createBufferedIterator<StoredEvent>({ fill, signal });
}

const READ_OPTIONS = ["after", "upTo", "direction", "limit", "asOf", "signal"];

/** What finds the position that bounds a walk; undefined: the head will. Throws `invalid-argument`. */
export function boundOf(asOf: unknown): (source: ReadSource) => Promise<number | undefined> {
  const time = asOf === undefined ? undefined : toTimestamp(asOf, "asOf");
  return async ({ storage, end }) => {
    const last = await end?.();
    if (time === undefined) return last;
    return Math.min(await storage.positionAt(time), last ?? Infinity);
  };
}

/** Milliseconds since the epoch. Throws `invalid-argument`. */
export function toTimestamp(time: unknown, argument: string): number {
  const milliseconds = time instanceof Date ? time.getTime() : time;
  if (typeof milliseconds === "number" && Number.isFinite(milliseconds)) return milliseconds;
  throw mustBe(argument, "a valid Date, or milliseconds since the epoch");
}
