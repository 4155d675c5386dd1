import { setInterval, clearInterval } from "../shared/timers.ts";
/** How often the leader is asked whether it is alive while an answer of it is due, in milliseconds. */
const PERIOD = 1_000;

/**
 * How long it may give no sign of life, in milliseconds, and how often it must have been asked by then: a page in the background is
 * woken more rarely, and a machine may have slept.
 */
export const LONGEST_SILENCE = 15_000;
const LEAST_QUESTIONS = 3;

export interface HeartbeatOptions {
  /** Asks the leader for a sign of life. False: there is nobody to be asked, and nothing to be counted. */
  readonly ask: () => boolean;
  /** The leader has been silent for too long; called again each time that it has. */
  readonly onSilence: () => void;
}

/** Notices that a leader has stopped, while something is awaited of it; nothing is asked while nothing is. */
export interface Heartbeat {
  /** Whether an answer is due. */
  await(due: boolean): void;
  /** A sign of life has come. */
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
    since = performance.now();
  }

  function beat(): void {
    if (!due) return end();
    if (questions >= LEAST_QUESTIONS && performance.now() - since >= LONGEST_SILENCE) {
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
      // An answer has come, or the first is due. A timer that runs is left to find out, as it costs less than one for each call.
      heard();
      if (due) timer ??= setInterval(beat, PERIOD);
    },
    heard,
    end,
  };
}
