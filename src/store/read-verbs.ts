import type { Event } from "../event.ts";
import type { TextFormat, ExportedText, ExportOptions } from "../ndjson/text-format.ts";
import type { LoadAllOptions, LoadedAll, Projection, ProjectionSource } from "../projections/projection.ts";
import { read, type EventReader, type ReadAllOptions } from "../read/read.ts";

/** What can be asked of the store as it is, and of the store as it was. */
export interface Readers<Known extends Event = Event> {
  /** Reads everything in the order of positions, or what a filter lets through. Throws `invalid-argument`. */
  read<E extends Event = Known>(options?: ReadAllOptions): EventReader<E>;
  /**
   * Folds everything, or what a filter lets through, into a state, through snapshots where the projection's policy keeps any.
   * Rejects like a stream's load.
   */
  load<State>(projection: Projection<State>, options?: LoadAllOptions): Promise<LoadedAll<State>>;
  /**
   * Writes events as text, which `importEvents` reads: `exportEvents(ndjson)`, with `ndjson` of `rivulet/ndjson`. Bounded by
   * the head at its first piece. Throws `invalid-argument` and `store-closed`.
   */
  exportEvents(format: TextFormat, options?: ExportOptions): ExportedText;
}

export function createReaders(source: ProjectionSource): Readers {
  return {
    read: (options = {}) => read(source, undefined, options),
    load: (projection, options = {}) => projection._rivulet.loadAll(source, options),
    exportEvents: (format, options = {}) => format._rivulet.exportEvents(source, options),
  };
}
