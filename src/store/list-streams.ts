import { createBufferedIterator } from "../async/buffered-iterator.ts";
import type { AbortSignalLike } from "../platform.ts";
import type { EventStorage } from "../storage/protocol.ts";
import { checkOptions, checkPrefix } from "../validate.ts";

const PAGE_STREAMS = 1000;

/** Which streams to list. */
export interface StreamsOptions {
  /** Lists only streams whose name starts with this text; default: all streams. */
  readonly prefix?: string | undefined;
  /** Aborting it ends the list: the next stream rejects with the signal's reason. */
  readonly signal?: AbortSignalLike | undefined;
}

/** A stream in a list of streams. */
export interface StreamSummary {
  /** The stream's name. */
  readonly name: string;
  /** How many events the stream has. */
  readonly version: number;
}

/** A list of streams: iterate over it, or take all of them at once. */
export interface StreamList extends AsyncIterableIterator<StreamSummary>, AsyncDisposable {
  /**
   * Resolves with the streams that were not taken yet.
   *
   * @throws a storage code such as `storage-busy`.
   * @example
   * ```ts
   * await account.append({ type: "deposited", data: { amount: 100 } });
   * const [first] = await store.streams().toArray();
   * console.log(first?.name, first?.version); // → account-1 1
   * ```
   */
  toArray(): Promise<StreamSummary[]>;
}

/** Lists the streams page by page. @throws `invalid-argument`. */
export function listStreams(storage: EventStorage, options: StreamsOptions): StreamList {
  checkOptions(options, ["prefix", "signal"]);
  const { prefix, signal } = options;
  if (prefix !== undefined) checkPrefix(prefix, "prefix");
  let after = 0;
  let done = false;
  return createBufferedIterator({
    signal,
    async fill() {
      if (done) return undefined;
      const page = await storage.listStreams({ after, limit: PAGE_STREAMS, ...(prefix !== undefined && { prefix }) });
      after = page.cursor;
      done = page.done;
      return page.streams;
    },
  });
}
