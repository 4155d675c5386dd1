import type { EventFilter } from "../events/filter.ts";
import type { AbortSignalLike } from "../platform.ts";
import type { AppendSource } from "../append/append.ts";
import type { EventStoreError, ImportResult } from "../errors.ts";
import type { ReadSource } from "../read/read.ts";
import type { WatchSource } from "../subscriptions/watch.ts";

/** How far an export has come, in positions. */
export interface ExportProgress {
  readonly done: number;
  /** The last position that it will look at. */
  readonly total: number;
}

/** Which events to export: everything that is recorded when it starts, or what a filter lets through of it. */
export interface ExportOptions extends EventFilter {
  /** Only events after this position; default 0. Exclusive, so that an export goes on where the one before ended. */
  readonly after?: number | undefined;
  /** Only events up to this position, inclusive; default: all there are. */
  readonly upTo?: number | undefined;
  /** Only events recorded up to then: a `Date`, or milliseconds since the epoch. */
  readonly asOf?: Date | number | undefined;
  /** Called before each piece, with how far the export then has come, in positions. */
  readonly onProgress?: ((progress: ExportProgress) => void) | undefined;
  /** Aborting it ends the export: the next piece rejects with the signal's reason. */
  readonly signal?: AbortSignalLike | undefined;
}

/** The text of an export, in pieces of whole lines: iterate, and hold one at a time, or take all of them. */
export interface ExportedText extends AsyncIterableIterator<string>, AsyncDisposable {
  /** What is left, as an array: `new Blob(await text.toArray())`. */
  toArray(): Promise<string[]>;
}

export interface ImportOptions {
  /** Called with the result so far, whenever some more is on disk. */
  readonly onProgress?: ((result: ImportResult) => void) | undefined;
  /**
   * Called with the `import-failed` of each line that cannot be taken; the import then goes on without it. What it throws ends the
   * import. Default: the first such line ends it.
   */
  readonly onError?: ((error: EventStoreError<"import-failed">) => void) | undefined;
  /**
   * Whether lines may tell a time that is more than a day ahead of the store's clock; default false. Times never run backwards: what
   * is appended later bears such a time too, until the clock has come there.
   */
  readonly allowFutureTimes?: boolean | undefined;
  /** Aborting it rejects with the signal's reason. What was stored stays: the same import, made again, goes on from there. */
  readonly signal?: AbortSignalLike | undefined;
}

/** What importing needs of its store. */
export interface ImportTarget extends AppendSource, Pick<WatchSource, "onClose"> {}

/** Text or UTF-8 bytes, in pieces of any size: what a file, a `Blob`, a response or a generator gives. */
export type ImportSource =
  | AsyncIterable<string | Uint8Array>
  | Iterable<string | Uint8Array>
  | ReadableStreamLike
  | string
  | Uint8Array;

/** What is used of a `ReadableStream` where it cannot be iterated over. */
export interface ReadableStreamLike {
  getReader(): {
    read(): Promise<{ readonly done: boolean; readonly value?: string | Uint8Array | undefined }>;
    cancel(): Promise<unknown>;
  };
}

/** A text format for `store.exportEvents` and `store.importEvents`, such as `ndjson` of `rivulet/ndjson`. */
export interface TextFormat {
  /** For rivulet itself. */
  readonly _rivulet: TextFormatInternals;
}

/**
 * What a format does for the store that exports or imports with it. The format carries this code, so that an application
 * which does neither does not download it.
 */
interface TextFormatInternals {
  /** For `store.exportEvents`. */
  exportEvents(source: ReadSource, options: ExportOptions): ExportedText;
  /** For `store.importEvents`. */
  importEvents(source: ImportTarget, events: ImportSource, options: ImportOptions): Promise<ImportResult>;
}
