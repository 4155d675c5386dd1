import { createAbort, onAbort, type AbortSignalLike } from "../../platform.ts";
import type { Wait } from "./rules.ts";

/** The heartbeat of a pull: one timer at a time. */
export interface Beats {
  /** Whether an interval has passed since the last {@link Beats.taken}. */
  readonly due: boolean;
  /** Begins the next interval. */
  taken(): void;
  /** Resolves once it is due, or with the news. */
  or(news: Promise<void>): Promise<void>;
  stop(): void;
}

export function createBeats(interval: number, wait: Wait, signal: AbortSignalLike): Beats {
  const ended = createAbort();
  const ignore = onAbort(signal, () => ended.abort(signal.reason));
  let due = false;
  let beat = begin();

  function begin(): Promise<void> {
    const beginning = wait(interval, ended.signal).then(() => void (due = true));
    beginning.catch(() => undefined);
    return beginning;
  }

  return {
    get due() {
      return due;
    },
    taken() {
      if (!due) return;
      due = false;
      beat = begin();
    },
    or: (news) => Promise.race([news, beat]),
    stop() {
      ignore();
      ended.abort();
    },
  };
}
