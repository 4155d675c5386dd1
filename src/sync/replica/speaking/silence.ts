import { createAbort, onAbort, type AbortSignalLike } from "../../../platform.ts";
import type { Timing } from "../../timing.ts";

/** Thrown where nothing has come for too long. It has no message, because the transport heeds it and nobody sees it. */
export const SILENCE: unknown = new Error();

/**
 * Yields what `start` yields. One timer looks every `first` milliseconds whether anything has come: a timer for each line would be more
 * work than the line. Where timers are slow, as in a hidden page, the second look after a line notices silence.
 *
 * @throws {@link SILENCE} if nothing comes within `first` milliseconds, or within `later` after that; `later` may take `first` longer.
 */
export async function* noticingSilence<T>(
  start: (signal: AbortSignalLike) => AsyncIterable<T>,
  { timing, first, later }: { readonly timing: Timing; readonly first: number; readonly later: number },
  clock: () => number,
  signal: AbortSignalLike,
): AsyncGenerator<T> {
  const cut = createAbort();
  const ignore = onAbort(signal, () => cut.abort(signal.reason));
  if (signal.aborted) cut.abort(signal.reason);
  const all = start(cut.signal)[Symbol.asyncIterator]();
  /** For how long nothing has come, as far as it counts. */
  let silent = 0;
  /** The longest time between two looks since the last line, up to `6 * first`: a minute, the pace of timers in hidden pages. */
  let pace = 6 * first;
  let most = first;
  /** Rejects what is waited for, if anything is. */
  let fail: (error: unknown) => void;

  async function watch(): Promise<never> {
    for (;;) {
      const before = clock();
      await timing.wait(first, cut.signal);
      // The clock may have been set back.
      const gap = Math.max(first, clock() - before);
      if (gap > pace * 1.5) {
        // The first look after a line, or the device was asleep and the hub has had no chance to speak.
        pace = Math.min(gap, 6 * first);
        silent = 0;
      } else if ((silent += gap) >= most) fail(SILENCE);
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
      pace = 0;
    }
  } finally {
    ignore();
    cut.abort();
    all.return?.().catch(() => undefined);
  }
}
