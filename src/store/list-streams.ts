import { createBufferedIterator } from "../async/buffered-iterator.ts";
import type { AbortSignalLike } from "../platform.ts";
import type { EventStorage } from "../storage/protocol.ts";
import { checkOptions, checkPrefix } from "../validate.ts";

const PAGE_STREAMS = 1000;

export interface StreamsOptions {
  /** Only streams whose name starts so. */
  readonly prefix?: string | undefined;
  readonly signal?: AbortSignalLike | undefined;
}

export interface StreamSummary {
  readonly name: string;
  /** How many events it has. */
  readonly version: number;
}

/** Streams: iterate over them, or take them all at once. */
export interface StreamList extends AsyncIterableIterator<StreamSummary>, AsyncDisposable {
  toArray(): Promise<StreamSummary[]>;
}

/** Lists the streams page by page. Throws `invalid-argument`. */
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
