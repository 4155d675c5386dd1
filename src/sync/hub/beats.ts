import { createAbort, onAbort, type AbortSignalLike } from "../../platform.ts";
import type { Wait } from "./rules.ts";

/** The heartbeat of a pull: one timer at a time. */
export interface Beats {
  /** Whether an interval has passed since the last {@link Beats.taken}. */
  due(): boolean;
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
  let failure: { readonly error: unknown } | undefined;
  /** Looks again at what is waited for. No promise of the whole interval is raced, which would keep every wait until its end. */
  let look = (): void => undefined;
  begin();

  function begin(): void {
    wait(interval, ended.signal).then(
      () => {
        due = true;
        look();
      },
      (error: unknown) => {
        failure = { error };
        look();
      },
    );
  }

  return {
    due: () => due,
    taken() {
      if (!due) return;
      due = false;
      begin();
    },
    or: (news) =>
      new Promise((resolve, reject) => {
        look = () => {
          if (failure !== undefined) reject(failure.error);
          else if (due) resolve();
        };
        news.then(resolve, reject);
        look();
      }),
    stop() {
      ignore();
      ended.abort();
    },
  };
}
