import type { ConsumerFailure } from "./consumer.ts";
import type { CheckedConsumer, FailureDecision } from "./define-consumer.ts";
import { EventStoreError, describe, invalidArgument, isEventStoreError, messageOf } from "../errors.ts";
import { sleep, type AbortSignalLike } from "../platform.ts";
import { disregard, isThenable } from "../async/thenable.ts";
import type { StoreContext } from "../storage/store-context.ts";

/** A running consumer, as the modules of this folder share it. */
export interface ConsumerRun {
  readonly context: StoreContext;
  readonly parts: CheckedConsumer;
  /** The store's lineage. */
  lineage(): Promise<string>;
  /** Aborted once the consumer is closed or has ended. */
  readonly closing: AbortSignalLike;
  /** Aborted when work in progress must end, too. */
  readonly cut: AbortSignalLike;
  readonly tell: {
    active(active: boolean): void;
    /** Every event up to this position is handled. */
    reached(position: number): void;
    failing(failure: ConsumerFailure | undefined): void;
  };
}

/**
 * Decides whether to retry, park or stop after a failed attempt. @throws `consumer-failed` if the user's `onError` throws, and
 * `invalid-argument` if it returns a promise or anything else that is not a decision.
 */
export function decide({ name, onError, retry }: CheckedConsumer, failure: ConsumerFailure): FailureDecision {
  if (typeof onError !== "function") return failure.attempt < retry.attempts ? "retry" : onError;
  let decision: unknown;
  try {
    decision = onError(failure);
  } catch (error) {
    throw consumerFailed(name, { ...failure, error }, "onError threw: ");
  }
  if (decision === "retry" || decision === "park" || decision === "stop") return decision;
  const asynchronous = isThenable(decision);
  if (asynchronous) disregard(decision as PromiseLike<unknown>);
  const found = asynchronous ? "a promise: it decides at once" : describe(decision);
  throw invalidArgument("onError", `onError must return "retry", "park" or "stop", not ${found}`);
}

/** Returns the pause after an attempt, in milliseconds. */
export function pauseAfter({ retry }: CheckedConsumer, attempt: number): number {
  return Math.min(retry.maxDelay, retry.delay * 2 ** (attempt - 1));
}

/** Waits. Resolves with false as soon as the signal is aborted. */
export async function pause(milliseconds: number, until: AbortSignalLike): Promise<boolean> {
  try {
    await sleep(milliseconds, until);
    return true;
  } catch {
    // The caller finds the reason in the signal.
    return false;
  }
}

/** Repeats work until it succeeds. Rejects with `consumer-failed` after the last attempt, or with an error that is not worth a retry. */
export async function withRetries<T>(
  { parts, tell }: ConsumerRun,
  work: () => Promise<T>,
  until: AbortSignalLike,
  mayPass: (error: unknown) => boolean,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const result = await work();
      if (attempt > 1) tell.failing(undefined);
      return result;
    } catch (error) {
      if (until.aborted || !mayPass(error)) throw error;
      const failure = { error, event: undefined, attempt };
      if (decide(parts, failure) !== "retry") throw consumerFailed(parts.name, failure);
      tell.failing(failure);
      if (!(await pause(pauseAfter(parts, attempt), until))) throw error;
    }
  }
}

/** Whether a call of the storage may succeed if it is repeated. */
export function isTransient(error: unknown): boolean {
  return isEventStoreError(error, "storage-busy") || isEventStoreError(error, "storage-full");
}

export function consumerFailed(name: string, { event, error, attempt }: ConsumerFailure, how = ""): EventStoreError {
  const what =
    event === undefined
      ? "could not load or save its checkpoint"
      : `could not handle the event "${event.type}" at position ${event.position}`;
  return new EventStoreError(
    "consumer-failed",
    `the consumer "${name}" ${what}, after ${attempt} ${attempt === 1 ? "try" : "tries"}: ${how}${messageOf(error)}`,
    { name, attempts: attempt, ...(event !== undefined && { position: event.position, eventId: event.id }) },
    error,
  );
}

/** The user's code that took too long: the handler, or the checkpoint's `load` or `save`. */
export type TimedCode = "the handler" | "checkpoint.load" | "checkpoint.save";

export function consumerTimeout(what: TimedCode, name: string, timeout: number): EventStoreError {
  const advice = what === "the handler" ? "end at its signal, or raise timeout" : "raise timeout";
  const message = `${what} of the consumer "${name}" did not settle within ${timeout} ms: ${advice}`;
  return new EventStoreError("consumer-timeout", message, { name, timeout });
}
