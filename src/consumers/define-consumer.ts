import type {
  ConsumerCheckpoint,
  ConsumerContext,
  ConsumerDefinition,
  ConsumerFailure,
  RuntimeSignal,
} from "./consumer.ts";
import { startConsumer } from "./start-consumer.ts";
import { describe, invalidArgument } from "../errors.ts";
import type { Event, StoredEvent } from "../event.ts";
import { FILTER_OPTIONS, toRecordFilter, type EventFilter } from "../events/filter.ts";
import { checkInteger, checkName, checkOptions } from "../validate.ts";
import type { RecordFilter } from "../storage/protocol.ts";

/** Timers count no further: https://developer.mozilla.org/docs/Web/API/Window/setTimeout#maximum_delay_value */
const LONGEST = 2 ** 31 - 1;

/** How failures are tried again, each time after twice the pause before. */
export interface RetryOptions {
  /** How often an event is tried before `onError` says what becomes of it; default 10. */
  readonly attempts?: number | undefined;
  /** The first pause, in milliseconds; default 100. */
  readonly delay?: number | undefined;
  /** The longest pause, in milliseconds; default 30,000. */
  readonly maxDelay?: number | undefined;
}

/** Tries again, sets the event aside and goes on, or stops the consumer. */
export type FailureDecision = "retry" | "park" | "stop";

/** What `load` may give. */
export type LoadedCheckpoint = ConsumerCheckpoint | number | undefined | null;

/** What `save` is told besides the position. */
export interface SaveContext {
  /** What to keep, and to give back from `load`. */
  readonly checkpoint: ConsumerCheckpoint;
  /** As the handler's. */
  readonly token: number;
  /** Aborted when it takes too long, or the lease is lost. */
  readonly signal: RuntimeSignal;
}

/** A checkpoint that is kept elsewhere, such as in the database that the handler writes to. */
export interface CheckpointPlace {
  /**
   * The checkpoint that was saved last; undefined, null or 0: there is none yet. A checkpoint of another store, or of another
   * past of this one, ends the consumer with `lineage-changed`. A mere position may be given too, and is only held against the
   * head (`invalid-argument`). Called whenever this consumer becomes active, and by `lag` and `caughtUp` of one that is not.
   */
  load(): LoadedCheckpoint | Promise<LoadedCheckpoint>;
  /**
   * Keeps `context.checkpoint`, once everything up to its position is handled. Leave it out where the handler keeps its own
   * `context.checkpoint`, in one transaction with what it writes: then every event counts exactly once.
   */
  save?(position: number, context: SaveContext): void | Promise<void>;
}

export interface ConsumerParts<E extends Event> extends EventFilter {
  /** Of the checkpoint, and of the turn: one consumer of a name is active at a time. 1 to 255 characters. */
  readonly name: string;
  /**
   * Handles one event. Either this or `batchHandler`. Called again where it throws, rejects or does not settle in time, and
   * after a crash for what was not saved by then: what it does should bear being done twice.
   */
  readonly handler?: ((event: StoredEvent<E>, context: ConsumerContext) => unknown) | undefined;
  /** Handles up to `batchSize` events at once, at least one, such as in one transaction. Where that fails, they come one by one. */
  readonly batchHandler?: ((events: readonly StoredEvent<E>[], context: ConsumerContext) => unknown) | undefined;
  /**
   * After how many events the checkpoint is saved, or after a second where that is sooner, and so how many may come again after
   * a crash: from 1, default 100.
   */
  readonly batchSize?: number | undefined;
  /**
   * Where a consumer begins that has no checkpoint yet: after this position; default 0, the whole history. "head": with what is
   * appended after the call of `consume`, which is written to the store at once. A position beyond the head is `invalid-argument`.
   */
  readonly after?: number | "head" | undefined;
  /** How long one call of the handler may take, in milliseconds; default 30,000. */
  readonly timeout?: number | undefined;
  /**
   * How long others wait for a consumer that is gone without a word, in milliseconds, where the runtime has no locks: in Node;
   * default 10,000. It is renewed in a third of that, and it should be the same for all consumers of the name. Setting the clock
   * of the machine makes nobody wait longer.
   */
  readonly lease?: number | undefined;
  readonly retry?: RetryOptions | undefined;
  /**
   * What becomes of an event that could not be handled: "stop", the default, ends the consumer with `consumer-failed`; "park"
   * sets the event aside, to be listed with `parked()` and tried again with `retryParked()`. Both count once `retry.attempts`
   * are used up. A function decides after every failed try, as when an outage is worth waiting for and a mistake is not. It answers
   * at once: a promise ends the consumer with `invalid-argument`, and what it throws ends it with `consumer-failed`.
   */
  readonly onError?: "stop" | "park" | ((failure: ConsumerFailure) => FailureDecision) | undefined;
  /** Default: the checkpoint is kept in the store. */
  readonly checkpoint?: CheckpointPlace | undefined;
}

/** Parts that were checked, with their defaults. */
export interface CheckedConsumer {
  readonly name: string;
  readonly filter: RecordFilter | undefined;
  /** One event at a time. */
  readonly single: boolean;
  readonly handle: (events: readonly StoredEvent[], context: ConsumerContext) => unknown;
  readonly batchSize: number;
  readonly after: number | "head";
  readonly timeout: number;
  readonly lease: number;
  readonly retry: { readonly attempts: number; readonly delay: number; readonly maxDelay: number };
  readonly onError: "stop" | "park" | ((failure: ConsumerFailure) => FailureDecision);
  readonly checkpoint: CheckpointPlace | undefined;
}

/** Describes a handler of events and how it is called, for `store.consume`. Throws `invalid-argument`. */
export function defineConsumer(parts: ConsumerParts<Event>): ConsumerDefinition;
export function defineConsumer<E extends Event>(parts: ConsumerParts<E>): ConsumerDefinition;
export function defineConsumer<E extends Event>(parts: ConsumerParts<E>): ConsumerDefinition {
  const checked = checkParts(parts);
  return { name: checked.name, _rivulet: { start: (source, options) => startConsumer(source, checked, options) } };
}

const OPTIONS = ["name", "handler", "batchHandler", "batchSize", "after", "timeout", "lease", "retry", "onError"];

function checkParts(parts: ConsumerParts<Event>): CheckedConsumer {
  checkOptions(parts, [...OPTIONS, "checkpoint", ...FILTER_OPTIONS], "parts");
  const { name, batchSize = 100, after = 0, timeout = 30_000, lease = 10_000, onError = "stop", checkpoint } = parts;
  checkName(name, "name");
  checkInteger(batchSize, "batchSize", 1);
  if (after !== "head") checkInteger(after, "after", 0, ' or "head"');
  checkTime(timeout, "timeout", 1);
  checkTime(lease, "lease", 1);
  if (onError !== "stop" && onError !== "park" && typeof onError !== "function") {
    throw invalidArgument("onError", `onError must be "stop", "park" or a function, not ${describe(onError)}`);
  }
  checkPlace(checkpoint);
  if (checkpoint !== undefined && parts.after !== undefined) {
    throw invalidArgument("after", "a checkpoint of your own says itself where to begin: leave after out");
  }
  return {
    name,
    filter: toRecordFilter(parts),
    ...toHandle(parts),
    batchSize,
    after,
    timeout,
    lease,
    retry: checkRetry(parts.retry),
    onError,
    checkpoint,
  };
}

function toHandle({ handler, batchHandler }: ConsumerParts<Event>): Pick<CheckedConsumer, "single" | "handle"> {
  for (const [argument, found] of Object.entries({ handler, batchHandler })) {
    if (found !== undefined && typeof found !== "function") {
      throw invalidArgument(argument, `${argument} must be a function, not ${typeof found}`);
    }
  }
  if (handler !== undefined && batchHandler !== undefined) {
    throw invalidArgument("batchHandler", "give a handler or a batchHandler, not both");
  }
  if (batchHandler !== undefined) return { single: false, handle: batchHandler };
  if (handler === undefined) throw invalidArgument("handler", "give a handler, or a batchHandler: a function");
  return { single: true, handle: (events, context) => handler(events[0] as StoredEvent, context) };
}

function checkRetry(retry: RetryOptions = {}): CheckedConsumer["retry"] {
  checkOptions(retry, ["attempts", "delay", "maxDelay"], "retry");
  const { attempts = 10, delay = 100, maxDelay = 30_000 } = retry;
  if (attempts !== Infinity) checkInteger(attempts, "retry.attempts", 1, " or Infinity");
  checkTime(delay, "retry.delay", 0);
  checkTime(maxDelay, "retry.maxDelay", 0);
  return { attempts, delay, maxDelay };
}

function checkPlace(checkpoint: CheckpointPlace | undefined): void {
  if (checkpoint === undefined) return;
  if (typeof checkpoint !== "object" || checkpoint === null || typeof checkpoint.load !== "function") {
    throw invalidArgument("checkpoint", "a checkpoint of your own is { load, save }, where load is a function");
  }
  checkOptions(checkpoint, ["load", "save"], "checkpoint");
  if (checkpoint.save !== undefined && typeof checkpoint.save !== "function") {
    throw invalidArgument("checkpoint.save", `save must be a function, not ${typeof checkpoint.save}`);
  }
}

function checkTime(value: unknown, argument: string, least: number): void {
  checkInteger(value, argument, least);
  if (value > LONGEST) throw invalidArgument(argument, `${argument} must be at most ${LONGEST} milliseconds`);
}
