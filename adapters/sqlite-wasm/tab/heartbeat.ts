import { setInterval, clearInterval, monotonicNow } from "../shared/timers.ts";
/** How often the leader is asked for a sign of life while an answer is awaited, in milliseconds. */
const PERIOD = 1_000;

/**
 * How long the leader may be silent, in milliseconds; within this time it must also have been asked a minimum number of
 * times, because timers of a background page run more rarely, and a machine may have slept.
 */
export const LONGEST_SILENCE = 15_000;
const LEAST_QUESTIONS = 3;

export interface HeartbeatOptions {
  /** Asks the leader for a sign of life. Returns false if there is nobody to ask; such a period does not count. */
  readonly ask: () => boolean;
  /** The leader has been silent for too long. Called again after each such period. */
  readonly onSilence: () => void;
}

/** Detects a leader that has stopped, while an answer of it is awaited. While none is, nothing is asked. */
export interface Heartbeat {
  /** Tells whether an answer is awaited. */
  await(due: boolean): void;
  /** A sign of life has arrived. */
  heard(): void;
  end(): void;
}

export function createHeartbeat({ ask, onSilence }: HeartbeatOptions): Heartbeat {
  let timer: ReturnType<typeof setInterval> | undefined;
  let due = false;
  let questions = 0;
  let since = 0;

  function heard(): void {
    questions = 0;
    since = monotonicNow();
  }

  function beat(): void {
    if (!due) return end();
    if (questions >= LEAST_QUESTIONS && monotonicNow() - since >= LONGEST_SILENCE) {
      heard();
      onSilence();
    } else if (ask()) questions += 1;
    else heard();
  }

  function end(): void {
    clearInterval(timer);
    timer = undefined;
  }

  return {
    await(now) {
      due = now;
      // An answer has arrived, or the first wait begins. A timer that is running is left to run out, because restarting
      // it for each call would cost more.
      heard();
      if (due) timer ??= setInterval(beat, PERIOD);
    },
    heard,
    end,
  };
}
