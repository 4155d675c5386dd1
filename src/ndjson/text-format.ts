import type { EventFilter } from "../events/filter.ts";
import type { AbortSignalLike } from "../platform.ts";
import type { EventStoreError, ImportResult } from "../errors.ts";
import type { StoreContext } from "../storage/store-context.ts";

/** The progress of an export, in positions. */
export interface ExportProgress {
  /** The position up to which the store was read. */
  readonly done: number;
  /** The position at which the export ends. */
  readonly total: number;
}

/** Which events to export: all events at the start of the export, or those that a filter selects. */
export interface ExportOptions extends EventFilter {
  /** Exports events after this position, exclusive; default 0. Pass the end of an earlier export to continue it. */
  readonly after?: number | undefined;
  /** Exports events up to this position, inclusive; default: all events. */
  readonly upTo?: number | undefined;
  /** Exports events recorded up to this time, a `Date` or milliseconds since the epoch; default: all events. */
  readonly asOf?: Date | number | undefined;
  /** Called before each piece of text is returned. */
  readonly onProgress?: ((progress: ExportProgress) => void) | undefined;
  /** Aborting it ends the export: the next piece rejects with the signal's reason. */
  readonly signal?: AbortSignalLike | undefined;
}

/** The text of an export, in pieces of whole lines: iterate over them, one in memory at a time, or take all at once. */
export interface ExportedText extends AsyncIterableIterator<string>, AsyncDisposable {
  /**
   * Resolves with the pieces that were not taken yet.
   *
   * @throws `store-closed` or a storage code such as `storage-corrupt`.
   * @example
   * ```ts
   * await account.append({ type: "deposited", data: { amount: 100 } });
   * const download = new Blob(await store.exportEvents(ndjson).toArray());
   * console.log(download.size > 100); // → true
   * ```
   */
  toArray(): Promise<string[]>;
}

/** How to import. */
export interface ImportOptions {
  /** Called with the result so far, each time more events are on disk. */
  readonly onProgress?: ((result: ImportResult) => void) | undefined;
  /**
   * Called with the `import-failed` error of each invalid line, which is then skipped. If it throws, the import ends with that error.
   * Default: the first invalid line ends the import.
   */
  readonly onError?: ((error: EventStoreError<"import-failed">) => void) | undefined;
  /**
   * Whether to accept timestamps more than a day ahead of the store's clock; default false. Timestamps never decrease, so all events
   * appended later get such a timestamp too, until the clock has reached it.
   */
  readonly allowFutureTimes?: boolean | undefined;
  /** Aborting it rejects with the signal's reason. Imported events stay: repeating the import continues it. */
  readonly signal?: AbortSignalLike | undefined;
}

/** Text or UTF-8 bytes, whole or in pieces of any size, such as from a file, a `Blob`, a response or a generator. */
export type ImportSource =
  | AsyncIterable<string | Uint8Array>
  | Iterable<string | Uint8Array>
  | ReadableStreamLike
  | string
  | Uint8Array;

/** The part of a `ReadableStream` that is used in browsers that cannot iterate over one. */
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
  /** Implements `store.exportEvents`. */
  exportEvents(context: StoreContext, options: ExportOptions): ExportedText;
  /** Implements `store.importEvents`. */
  importEvents(context: StoreContext, events: ImportSource, options: ImportOptions): Promise<ImportResult>;
}
