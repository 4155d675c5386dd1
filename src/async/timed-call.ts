import {
  createAbort,
  monotonicNow,
  onAbort,
  startTimer,
  type AbortControllerLike,
  type AbortSignalLike,
} from "../platform.ts";
import { isThenable } from "./thenable.ts";

/** How a call went. "hung": it has not settled, though it was told to. */
export type CallOutcome<T> =
  | { readonly went: "well"; readonly value: T }
  | { readonly went: "wrong"; readonly error: unknown }
  | { readonly went: "hung"; readonly error: unknown };

export interface CallLimits {
  /** In milliseconds. */
  readonly timeout: number;
  /** How long it is waited for once it was told to end, in milliseconds: asked for then. */
  readonly grace: number;
  /** Aborted: it is to end. */
  readonly cut: AbortSignalLike;
  /** Called once it, or what it does since `restart`, has taken a second. */
  readonly onSlow?: (() => void) | undefined;
  /** Its time is up; what this returns is the reason that it is told. */
  onLate(): unknown;
}

/** In milliseconds. */
const SLOW = 1_000;

/** A call under way, as it sees itself. */
export interface Call {
  /** Made when it is asked for: most calls are over before anybody could. */
  readonly signal: AbortSignalLike;
  /** It was told to end. */
  readonly told: boolean;
  /** It is waited for no longer. */
  readonly ended: boolean;
  /** Its time begins anew: it does one thing after the other. */
  restart(): void;
}

/**
 * Calls somebody else's code, and waits for it: until it settles, until its time is up, or until it is cut off. In both of the
 * latter cases its signal is aborted, and it has a while to heed that.
 */
export async function callInTime<T>(run: (call: Call) => T | Promise<T>, limits: CallLimits): Promise<CallOutcome<T>> {
  let controller: AbortControllerLike | undefined;
  let told: { readonly reason: unknown } | undefined;
  let outcome: CallOutcome<T> | undefined;
  const watched = { since: monotonicNow(), slow: false };
  const call: Call = {
    get signal() {
      if (controller === undefined) {
        controller = createAbort();
        if (told !== undefined) controller.abort(told.reason);
      }
      return controller.signal;
    },
    get told() {
      return told !== undefined;
    },
    get ended() {
      return outcome !== undefined;
    },
    restart() {
      watched.since = monotonicNow();
      watched.slow = false;
      // What it did before keeps its own, and what waits for that.
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
    // What is settled already, as what an empty handler returns, takes no timer.
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
    // One timer for all that it does: it looks how long the present thing has taken, and again when that will be too long.
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
      stopTimer = startTimer(limits.grace, finish);
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
