import {
  createAbort,
  monotonicNow,
  onAbort,
  startTimer,
  type AbortControllerLike,
  type AbortSignalLike,
} from "../platform.ts";
import { isThenable } from "./thenable.ts";

/** The outcome of a call. "hung": it has not settled in time after it was told to end. */
export type CallOutcome<T> =
  | { readonly went: "well"; readonly value: T }
  | { readonly went: "wrong"; readonly error: unknown }
  | { readonly went: "hung"; readonly error: unknown };

export interface CallLimits {
  /** The longest time of the call, in milliseconds. */
  readonly timeout: number;
  /** Returns how long to wait for the call after it was told to end, in milliseconds. */
  grace(): number;
  /** Aborted when the call is to end. */
  readonly cut: AbortSignalLike;
  /** Called when the call has taken a second, from its start or from `restart` on. */
  readonly onSlow?: (() => void) | undefined;
  /** Called when the time is up. Returns the reason for the call's signal. */
  onLate(): unknown;
}

/** After this time a call is slow, in milliseconds. */
const SLOW = 1_000;

/** A running call, as its function sees it. Without getters: V8 of Node 20 (11.3) keeps those of one object, and all that they see, until a full collection. */
export interface Call {
  /** Aborted when the call is to end. Created at the first access, because most calls do not use it. */
  signal(): AbortSignalLike;
  /** Whether it was told to end. */
  told(): boolean;
  /** Whether it has an outcome, and is no longer awaited. */
  ended(): boolean;
  /** Restarts the time limit, between two parts of its work. */
  restart(): void;
}

/**
 * Calls a function and waits until it settles. When its time is up or `cut` is aborted, its signal is aborted, and it has `grace`
 * milliseconds to end.
 */
export async function callInTime<T>(run: (call: Call) => T | Promise<T>, limits: CallLimits): Promise<CallOutcome<T>> {
  let controller: AbortControllerLike | undefined;
  let told: { readonly reason: unknown } | undefined;
  let outcome: CallOutcome<T> | undefined;
  const watched = { since: monotonicNow(), slow: false };
  const call: Call = {
    signal() {
      if (controller === undefined) {
        controller = createAbort();
        if (told !== undefined) controller.abort(told.reason);
      }
      return controller.signal;
    },
    told: () => told !== undefined,
    ended: () => outcome !== undefined,
    restart() {
      watched.since = monotonicNow();
      watched.slow = false;
      // Earlier work keeps the earlier signal.
      controller = undefined;
    },
  };

  function tellToEnd(reason: unknown): void {
    told ??= { reason };
    controller?.abort(told.reason);
  }

  try {
    const result = run(call);
    if (!isThenable(result)) return (outcome = { went: "well", value: result });
    const settled = result.then(
      (value) => void (outcome ??= { went: "well", value }),
      (error: unknown) => void (outcome ??= { went: "wrong", error }),
    );
    // A promise that has already settled needs no timer.
    await Promise.resolve();
    if (outcome === undefined) await waitFor(settled, limits, watched, tellToEnd);
    return (outcome ??= { went: "hung", error: told?.reason });
  } catch (error) {
    return (outcome = { went: "wrong", error });
  }
}

function waitFor(
  settled: PromiseLike<void>,
  limits: CallLimits,
  watched: { readonly since: number; slow: boolean },
  tellToEnd: (reason: unknown) => void,
): Promise<void> {
  const { timeout, cut, onSlow, onLate } = limits;
  return new Promise((resolve) => {
    let stopTimer = (): void => undefined;
    // One timer serves all parts of the call: when it fires, it is set again if the current part has time left.
    const watch = (): void => {
      const taken = monotonicNow() - watched.since;
      if (taken >= timeout) return end(onLate());
      if (taken >= SLOW && !watched.slow) {
        watched.slow = true;
        onSlow?.();
      }
      const next = watched.slow || onSlow === undefined ? timeout : Math.min(SLOW, timeout);
      stopTimer = startTimer(next - taken, watch);
    };
    const end = (reason: unknown): void => {
      ignoreCut();
      stopTimer();
      stopTimer = startTimer(limits.grace(), finish);
      tellToEnd(reason);
    };
    const onCut = (): void => end(cut.reason);
    const finish = (): void => {
      ignoreCut();
      stopTimer();
      resolve();
    };
    const ignoreCut = onAbort(cut, onCut);
    void settled.then(finish);
    if (cut.aborted) onCut();
    else watch();
  });
}
