import type {
  ConsumerCheckpoint,
  ConsumerContext,
  ConsumerDefinition,
  ConsumerFailure,
  RuntimeSignal,
} from "./consumer.ts";
import { startConsumer } from "./start-consumer.ts";
import { describe, invalidArgument } from "../errors.ts";
import type { Event, EventsOfType, StoredEvent } from "../event.ts";
import { FILTER_OPTIONS, toRecordFilter, type EventFilter } from "../events/filter.ts";
import { checkInteger, checkPosition, checkName, checkOptions } from "../validate.ts";
import type { RecordFilter } from "../storage/protocol.ts";

/** Timers count no further: https://developer.mozilla.org/docs/Web/API/Window/setTimeout#maximum_delay_value */
const LONGEST = 2 ** 31 - 1;

/** How to retry a failed event. The pause doubles after each attempt. */
export interface RetryOptions {
  /** The number of attempts before `onError` applies, from 1; default 10. */
  readonly attempts?: number | undefined;
  /** The first pause in milliseconds; default 100. */
  readonly delay?: number | undefined;
  /** The longest pause in milliseconds; default 30,000, or `delay` if that is longer. */
  readonly maxDelay?: number | undefined;
}

/** Whether to try the event again, to park it and continue with the next one, or to stop the consumer. */
export type FailureDecision = "retry" | "park" | "stop";

/** A checkpoint from `load`; undefined, null or 0 if there is none yet. */
export type LoadedCheckpoint = ConsumerCheckpoint | number | undefined | null;

/** The second argument of `save`. */
export interface SaveContext {
  /** The checkpoint to store, which `load` has to return. */
  readonly checkpoint: ConsumerCheckpoint;
  /** The fencing token, as in {@link ConsumerContext}. */
  readonly token: number;
  /** Aborted on timeout, and when the lease is lost. */
  readonly signal: RuntimeSignal;
}

/** A checkpoint that is kept outside the store, such as in the database that the handler writes to. */
export interface CheckpointPlace {
  /**
   * Returns the checkpoint that was saved last. One that belongs to another history ends the consumer with `lineage-changed`; a bare
   * position is only compared with the head (`invalid-argument`). Called when the consumer becomes active, and by `lag` and
   * `caughtUp` of a waiting one.
   */
  load(): LoadedCheckpoint | Promise<LoadedCheckpoint>;
  /**
   * Stores `context.checkpoint`, once every event up to its position is handled. Leave it out if the handler stores its own
   * `context.checkpoint` in one transaction with its writes: then every event takes effect exactly once.
   */
  save?(position: number, context: SaveContext): void | Promise<void>;
}

/** A handler of events, which events it gets, and how it is called. `Type` is taken from `types`, never from the handler. */
export interface ConsumerParts<E extends Event, Type extends E["type"] = E["type"]> extends EventFilter<Type> {
  /** The name of the checkpoint and the lease, 1–255 characters: one consumer of a name is active at a time. */
  readonly name: string;
  /**
   * Handles one event; give this or `batchHandler`. It is called again if it throws, rejects or times out, and after a crash for
   * events since the last saved checkpoint, so handling an event twice must be harmless.
   */
  readonly handler?:
    | ((event: StoredEvent<EventsOfType<E, NoInfer<Type>>>, context: ConsumerContext) => unknown)
    | undefined;
  /** Handles 1 to `batchSize` events at once, such as in one transaction. If that fails, it is called with one event at a time. */
  readonly batchHandler?:
    | ((events: readonly StoredEvent<EventsOfType<E, NoInfer<Type>>>[], context: ConsumerContext) => unknown)
    | undefined;
  /**
   * The number of events after which the checkpoint is saved, if a second has not passed before; from 1, default 100. So many events
   * may be handled again after a crash.
   */
  readonly batchSize?: number | undefined;
  /**
   * The position after which a consumer without a checkpoint begins; default 0, the whole history. "head": it begins with the events
   * appended after the call of `consume`, which saves that checkpoint at once. A position beyond the head is `invalid-argument`.
   */
  readonly after?: number | "head" | undefined;
  /** The longest time for one call of the handler, in milliseconds, from 1; default 30,000. */
  readonly timeout?: number | undefined;
  /**
   * How long other consumers of the name wait before they replace one that died, in milliseconds, from 1; default 10,000. Used where
   * the runtime has no locks, as in Node; must be the same for all consumers of the name. Renewed after a third of it.
   */
  readonly lease?: number | undefined;
  /** How to retry a failed event; default: 10 attempts, after pauses of 100 ms to 30 s. */
  readonly retry?: RetryOptions | undefined;
  /**
   * What to do with an event after its last attempt: "stop", the default, ends the consumer with `consumer-failed`; "park" sets the
   * event aside, for `parked()` and `retryParked()`. A function decides after every failed attempt, for example to wait out an outage
   * and park a bad event. It must be synchronous: a promise ends the consumer with `invalid-argument`, an error with `consumer-failed`.
   */
  readonly onError?: "stop" | "park" | ((failure: ConsumerFailure) => FailureDecision) | undefined;
  /** Where to keep the checkpoint; default: in the store. */
  readonly checkpoint?: CheckpointPlace | undefined;
}

/** A handler that is written for some of the events gets others, too, unless its parts choose their types. */
export type ChosenTypes<E extends Event, Type extends string> = E["type"] extends Type
  ? unknown
  : {
      /** The types that the handler is written for. */
      readonly types: readonly Type[];
    };

/** Checked parts, with defaults. */
export interface CheckedConsumer {
  readonly name: string;
  readonly filter: RecordFilter | undefined;
  /** One event at a time. */
  readonly single: boolean;
  readonly handle: (events: readonly StoredEvent[], context: ConsumerContext) => unknown;
  /** Whether the handler may look at its context. */
  readonly looks: boolean;
  readonly batchSize: number;
  readonly after: number | "head";
  readonly timeout: number;
  readonly lease: number;
  readonly retry: { readonly attempts: number; readonly delay: number; readonly maxDelay: number };
  readonly onError: "stop" | "park" | ((failure: ConsumerFailure) => FailureDecision);
  readonly checkpoint: CheckpointPlace | undefined;
}

/**
 * Defines a handler of events, for `store.consume`.
 *
 * @throws `invalid-argument` for an invalid name, handler, filter or option.
 * @example
 * ```ts
 * const large = defineConsumer<AccountEvent>({
 *   name: "large-deposits",
 *   types: ["deposited"],
 *   handler: ({ stream, data }) => console.log(stream, data.amount),
 * });
 * ```
 */
export function defineConsumer<E extends Event = Event, const Type extends E["type"] = E["type"]>(
  parts: ConsumerParts<E, Type> & ChosenTypes<E, Type>,
): ConsumerDefinition {
  const checked = checkParts(parts as ConsumerParts<Event>);
  return { name: checked.name, _rivulet: { start: (context, options) => startConsumer(context, checked, options) } };
}

const OPTIONS = ["name", "handler", "batchHandler", "batchSize", "after", "timeout", "lease", "retry", "onError"];

function checkParts(parts: ConsumerParts<Event>): CheckedConsumer {
  checkOptions(parts, [...OPTIONS, "checkpoint", ...FILTER_OPTIONS], "parts");
  const { name, batchSize = 100, after = 0, timeout = 30_000, lease = 10_000, onError = "stop", checkpoint } = parts;
  checkName(name, "name");
  checkInteger(batchSize, "batchSize", 1);
  if (after !== "head") checkPosition(after, "after", ' or "head"');
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

function toHandle({
  handler,
  batchHandler,
}: ConsumerParts<Event>): Pick<CheckedConsumer, "single" | "handle" | "looks"> {
  for (const [argument, found] of Object.entries({ handler, batchHandler })) {
    if (found !== undefined && typeof found !== "function") {
      throw invalidArgument(argument, `${argument} must be a function, not ${typeof found}`);
    }
  }
  if (handler !== undefined && batchHandler !== undefined) {
    throw invalidArgument("batchHandler", "give a handler or a batchHandler, not both");
  }
  if (batchHandler !== undefined) return { single: false, handle: batchHandler, looks: looksAtContext(batchHandler) };
  if (handler === undefined) throw invalidArgument("handler", "give a handler, or a batchHandler: a function");
  const handle: CheckedConsumer["handle"] = (events, context) => handler(events[0] as StoredEvent, context);
  return { single: true, handle, looks: looksAtContext(handler) };
}

/**
 * An arrow function with one parameter or none, which has no `arguments` of its own. Without patterns in patterns: two of them beside
 * each other would look alike.
 */
const ONE_PARAMETER = /^(?:async\b\s*)?(?:\(\s*(?:[\w$]+|\{[\w$\s,:]*\})?\s*\)|[\w$]+)\s*=>/;

/** Whether a handler may look at its second argument. It is false only where the function's text proves it. */
function looksAtContext(handler: (...given: never) => unknown): boolean {
  return !ONE_PARAMETER.test(Function.prototype.toString.call(handler));
}

function checkRetry(retry: RetryOptions = {}): CheckedConsumer["retry"] {
  checkOptions(retry, ["attempts", "delay", "maxDelay"], "retry");
  const { attempts = 10, delay = 100 } = retry;
  if (attempts !== Infinity) checkInteger(attempts, "retry.attempts", 1, " or Infinity");
  checkTime(delay, "retry.delay", 0);
  const { maxDelay = Math.max(30_000, delay) } = retry;
  checkTime(maxDelay, "retry.maxDelay", 0);
  // With the default delay, maxDelay alone shortens every pause.
  if (retry.delay !== undefined && maxDelay < delay) {
    throw invalidArgument("retry.maxDelay", `retry.maxDelay must be at least retry.delay, ${delay}, not ${maxDelay}`);
  }
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
