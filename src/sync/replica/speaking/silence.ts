import { createAbort, onAbort, type AbortSignalLike } from "../../../platform.ts";
import type { Timing } from "../../timing.ts";

/** Thrown where nothing has come for too long. It has no message, because the transport heeds it and nobody sees it. */
export class Silence extends Error {}

/**
 * Yields what `start` yields. One timer looks every `first` milliseconds whether anything has come: a timer for each line would be more
 * work than the line.
 *
 * @throws {@link Silence} if nothing comes within `first` milliseconds, or within `later` after that; `later` may take `first` longer.
 */
export async function* noticingSilence<T>(
  start: (signal: AbortSignalLike) => AsyncIterable<T>,
  { first, later }: { readonly first: number; readonly later: number },
  { wait }: Timing,
  signal: AbortSignalLike,
): AsyncGenerator<T> {
  const cut = createAbort();
  const ignore = onAbort(signal, () => cut.abort(signal.reason));
  if (signal.aborted) cut.abort(signal.reason);
  const all = start(cut.signal)[Symbol.asyncIterator]();
  /** For how long nothing has come. A sign comes between two looks, so that the first after it does not count. */
  let silent = 0;
  let most = first;
  /** Rejects what is waited for, if anything is. */
  let fail: (error: Silence) => void;

  async function watch(): Promise<never> {
    for (;;) {
      await wait(first, cut.signal);
      silent += first;
      if (silent >= most) fail(new Silence());
    }
  }

  try {
    watch().catch(() => undefined);
    for (;;) {
      const { done, value } = await new Promise<IteratorResult<T>>((resolve, reject) => {
        fail = reject;
        all.next().then(resolve, reject);
      });
      if (done) return;
      yield value;
      // Counts from here, since whoever got it may have taken long.
      most = later;
      silent = -first;
    }
  } finally {
    ignore();
    cut.abort();
    all.return?.(undefined).catch(() => undefined);
  }
}
