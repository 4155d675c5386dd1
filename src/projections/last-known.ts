import { mustBe } from "../errors.ts";
import { stringify } from "../events/json.ts";
import { FILTER_OPTIONS, toRecordFilter, type EventFilter } from "../events/filter.ts";
import { pageStorage, type KeyValueStorage } from "../page.ts";
import { throwApart, type AbortSignalLike } from "../platform.ts";
import { checkInteger, checkName, checkOptions, checkVerb, verbOf } from "../validate.ts";
import { keepStates, type Keeper } from "./keep-states.ts";
import { placeOf, type KeptState } from "./kept-state.ts";
import type { LiveProjection, Projection, ProjectOptions } from "./projection.ts";

/** The longest kept state by default, in characters. A page's `localStorage` holds some five million for the whole site. */
const MAX_LENGTH = 100_000;

/** At most one state is written in this time by default, in milliseconds. */
const INTERVAL = 1_000;

/** Which state is kept, and where. With `stream` or a filter, it is the state of these events, as in `store.project`. */
export interface LastKnownOptions extends EventFilter {
  /** The name of the database, as in `sqliteWasm({ name })`: another database has another last known state. */
  readonly database: string;
  /** Folds this stream only; default: all streams. */
  readonly stream?: string | undefined;
  /** Where the state is kept; default: the page's `localStorage`. Where there is none, as on a server, nothing is kept. */
  readonly storage?: KeyValueStorage | undefined;
  /** The most characters that the state may have as JSON, from 1; default 100,000. A longer one is not kept. */
  readonly maxLength?: number | undefined;
  /** The shortest time between two writes, in milliseconds, from 0; default 1,000. A page that is hidden writes at once. */
  readonly interval?: number | undefined;
  /** Returns the time in milliseconds since the epoch. Default: `Date.now`. */
  readonly clock?: (() => number) | undefined;
  /**
   * Called with the reason when the state cannot be read or kept: an `invalid-argument` if it is no JSON value or is too long, or the
   * error of the storage, such as a `QuotaExceededError`. Default: nothing happens, since only the next start is slower.
   */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** A state that was current once. */
export interface KnownState<State> {
  /** The state, frozen. */
  readonly state: State;
  /** The position up to which every event was in it; undefined for the state of a replica's stream. */
  readonly position: number | undefined;
  /** When it was current, in milliseconds since the epoch. */
  readonly timestamp: number;
}

/** What is used of a store whose state is kept. */
export interface KeepingStore {
  /** As `store.project`. */
  project<State>(projection: Projection<State>, options: ProjectOptions): LiveProjection<State>;
  /** As `store.info`. */
  info(): Promise<{ readonly lineage: string; readonly backend: string }>;
  /** As `store.head`. */
  head(): Promise<number>;
}

/** A live state that can be kept: of `store.project`, or of a replica. */
export interface KeepableState<State> {
  /** The newest state. */
  readonly state: State;
  /** The position up to which every event is in it. */
  readonly position?: number;
  /** As that of `store.project`. */
  [Symbol.asyncIterator](): AsyncIterator<unknown>;
}

/** The last known state of a projection, which can be shown before the store is open. */
export interface LastKnown<State> {
  /** The projection. */
  readonly projection: Projection<State>;
  /**
   * The last known state: at first the one that was kept by an earlier page, later the newest of the live state. Undefined if there is
   * none, if it is of another `schema`, or if it turns out to be of another history, such as a database that was replaced.
   */
  readonly known: KnownState<State> | undefined;
  /**
   * Starts a live projection as `store.project` does, of the same stream or filter, and keeps its states from now on. A store in memory
   * has none kept.
   *
   * @throws `store-closed`, `invalid-argument`, or the reason of an aborted signal.
   * @example
   * ```ts
   * const last = lastKnown(balance, { database: "bank", stream: "account-1" });
   * const live = last.project(store);
   * await live.caughtUp();
   * ```
   */
  project(store: KeepingStore, options?: { readonly signal?: AbortSignalLike | undefined }): LiveProjection<State>;
  /**
   * Keeps the states of a live state that was made otherwise, such as a replica's, from the same events as this one. `store` is the one
   * that has the events. Returns a function that ends it, after writing the newest state.
   *
   * @throws `invalid-argument`.
   * @example
   * ```ts
   * const last = lastKnown(balance, { database: "bank", stream: "account-1" });
   * const live = replica.stream("account-1").project(balance);
   * const stop = last.keep(live, store);
   * stop();
   * live.close();
   * ```
   */
  keep(live: KeepableState<State>, store: Omit<KeepingStore, "project">): () => void;
  /**
   * Removes what is kept, for example when somebody logs out, and drops writes that are due. Close the live state before: a later
   * change of one that is still open is kept again.
   *
   * @example
   * ```ts
   * const last = lastKnown(balance, { database: "bank", stream: "account-1" });
   * last.clear();
   * console.log(last.known); // → undefined
   * ```
   */
  clear(): void;
}

/**
 * Returns the last known state of a live projection, which is kept as JSON outside of the store, so that a page can show it before the
 * store is open. It may be out of date, and is replaced by the live state once that has caught up.
 *
 * @throws `invalid-argument` for an invalid projection or option.
 * @example
 * ```ts
 * const last = lastKnown(balance, { database: "bank", stream: "account-1" });
 * console.log(last.known?.state ?? "…"); // → …
 *
 * const live = last.project(store);
 * console.log((await live.caughtUp()).state); // → 0
 * ```
 */
export function lastKnown<State>(projection: Projection<State>, options: LastKnownOptions): LastKnown<State> {
  verbOf(projection, "project", "projection", "defineProjection");
  const { key, scope, maxLength, interval, clock, onError } = checked(projection, options);
  const { schema } = projection;
  const storage = attempt(() => options.storage ?? pageStorage());
  const place = storage && placeOf(storage, key, schema, maxLength);
  const found = attempt(() => place?.read());
  const first = found && toKnown<State>(found);
  const keepers = new Set<Keeper>();
  let known = first;
  let cleared = 0;

  function attempt<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      tell(error);
      return undefined;
    }
  }

  function tell(error: unknown): void {
    try {
      onError?.(error);
    } catch (thrown) {
      throwApart(thrown);
    }
  }

  function keep(live: KeepableState<State>, store: Omit<KeepingStore, "project">): () => void {
    if (!(Symbol.asyncIterator in Object(live))) throw mustBe("live", "a live state");
    checkVerb(store, "info", "store", "a store");
    const keeper: Keeper = keepStates(live, store, {
      schema,
      place,
      interval,
      clock,
      onLineage(lineage) {
        if (known === first && found?.lineage !== lineage) known = undefined;
      },
      onState: (now) => (known = toKnown(now)),
      onError: tell,
      onEnd: () => keepers.delete(keeper),
      cleared: () => cleared,
    });
    keepers.add(keeper);
    return keeper.stop;
  }

  return {
    projection,
    get known() {
      return known;
    },
    keep,
    project(store, given = {}) {
      for (const verb of ["project", "info", "head"]) checkVerb(store, verb, "store", "a store");
      checkOptions(given, ["signal"]);
      const live = store.project(projection, { ...scope, ...given });
      keep(live, store);
      return live;
    },
    clear() {
      known = undefined;
      cleared += 1;
      for (const keeper of keepers) keeper.clear();
      attempt(() => place?.remove());
    },
  };
}

const OWN_OPTIONS = ["database", "stream", "storage", "maxLength", "interval", "clock", "onError"];

function checked(projection: Projection<unknown>, options: LastKnownOptions) {
  checkOptions(options, [...OWN_OPTIONS, ...FILTER_OPTIONS]);
  const { database, stream, storage, maxLength = MAX_LENGTH, interval = INTERVAL, clock = Date.now, onError } = options;
  if (typeof database !== "string" || database === "") throw mustBe("database", "the name of a database");
  if (stream !== undefined) checkName(stream, "stream");
  if (storage !== undefined) checkVerb(storage, "setItem", "storage", "a storage such as localStorage");
  if (onError !== undefined) checkVerb(onError, "call", "onError", "a function");
  checkInteger(maxLength, "maxLength", 1);
  checkInteger(interval, "interval", 0);
  const filter = toRecordFilter(options);
  return {
    // Another filter gives another state.
    key: `rivulet/last-known/${stringify([database, projection.name, stream, filter])}`,
    scope: { stream, ...filter },
    maxLength,
    interval,
    clock() {
      const now = Math.floor(clock());
      if (!Number.isSafeInteger(now)) throw mustBe("clock", "a function that returns milliseconds");
      return now;
    },
    onError,
  };
}

function toKnown<State>({ state, position, timestamp }: KeptState): KnownState<State> {
  return Object.freeze({ state: state as State, position: position ?? undefined, timestamp });
}
