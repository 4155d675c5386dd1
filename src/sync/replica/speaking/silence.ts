import { createAbort, onAbort, type AbortSignalLike } from "../../../platform.ts";
import type { Timing } from "../../timing.ts";

/** Thrown where nothing has come for too long. */
export class Silence extends Error {}

/** Yields what `start` yields. @throws {@link Silence} if the first one, or a later one, takes more than so many milliseconds. */
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
  let most = first;
  try {
    for (;;) {
      const heard = createAbort();
      const silence = wait(most, heard.signal).then(() => {
        throw new Silence(`nothing has come for ${most} ms`);
      });
      silence.catch(() => undefined);
      const { done, value } = await Promise.race([all.next(), silence]).finally(() => heard.abort());
      if (done === true) return;
      most = later;
      yield value;
    }
  } finally {
    ignore();
    cut.abort();
    all.return?.(undefined).catch(() => undefined);
  }
}
