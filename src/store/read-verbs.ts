import type { Event, EventsOfType } from "../event.ts";
import type { TextFormat, ExportedText, ExportOptions } from "../ndjson/text-format.ts";
import type { LoadAllOptions, LoadedAll, Projection } from "../projections/projection.ts";
import { verbOf } from "../validate.ts";
import { read, type EventReader, type ReadAllOptions } from "../read/read.ts";
import type { StoreContext } from "../storage/store-context.ts";

/** The reading verbs, which both a store and its past views (`store.at`) have. */
export interface Readers<Known extends Event = Event> {
  /**
   * Reads the whole store in the order of positions, or the events that a filter selects.
   *
   * @throws `invalid-argument` or `store-closed`. Iterating rejects with `store-closed`, `unknown-event`, `upcast-failed` or
   * a storage code such as `storage-corrupt`.
   * @example
   * ```ts
   * await account.append({ type: "deposited", data: { amount: 100 } });
   * for await (const event of store.read({ streamPrefix: "account-" })) {
   *   console.log(event.position, event.type, event.data); // → 1 deposited { amount: 100 }
   * }
   * ```
   */
  read<E extends Event = Known, const Type extends E["type"] = E["type"]>(
    options?: ReadAllOptions<Type>,
  ): EventReader<EventsOfType<E, Type>>;
  /**
   * Folds the whole store, or the events that a filter selects, into a state. Starts from the newest snapshot if the projection
   * has a snapshot policy.
   *
   * @throws `projection-failed`, `unknown-event`, `upcast-failed`, `invalid-argument`, `store-closed` or a storage code such as
   * `storage-corrupt`.
   * @example
   * ```ts
   * await account.append({ type: "deposited", data: { amount: 100 } });
   * await store.stream("account-2").append({ type: "deposited", data: { amount: 20 } });
   * console.log((await store.load(balance)).state); // → 120
   * ```
   */
  load<State>(projection: Projection<State>, options?: LoadAllOptions): Promise<LoadedAll<State>>;
  /**
   * Exports events as text, in the order of positions, for `importEvents`. Events appended after the first piece of text was
   * asked for are not included.
   *
   * @throws `invalid-argument` or `store-closed`. Iterating rejects with `store-closed` or a storage code such as
   * `storage-corrupt`.
   * @example
   * ```ts
   * await account.append({ type: "deposited", data: { amount: 100 } });
   * let lines = 0;
   * for await (const text of store.exportEvents(ndjson)) lines += text.split("\n").length - 1;
   * console.log(lines); // → 1
   * ```
   */
  exportEvents(format: TextFormat, options?: ExportOptions): ExportedText;
}

export function createReaders(context: StoreContext): Readers {
  return {
    read: (options = {}) => read(context, undefined, options),
    load: async (projection, options = {}) =>
      verbOf(projection, "loadAll", "projection", "defineProjection")(context, options),
    exportEvents: (format, options = {}) =>
      verbOf(format, "exportEvents", "format", "rivulet/ndjson")(context, options),
  };
}
