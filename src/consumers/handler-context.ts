import { append, APPEND_OPTIONS } from "../append/append.ts";
import type { ConsumerContext } from "./consumer.ts";
import type { Call } from "../async/timed-call.ts";
import { checkpointOf, type Reached } from "./checkpoint.ts";
import type { ConsumerRun } from "./retry.ts";
import type { Term } from "./active-lease.ts";
import { invalidArgument } from "../errors.ts";
import type { StoredEvent } from "../event.ts";
import { withLazy } from "../lazy-property.ts";
import { checkOptions } from "../validate.ts";
import { underSignals } from "../platform.ts";

/** One attempt of the handler. */
interface Try {
  readonly events: readonly StoredEvent[];
  readonly attempt: number;
  /** The position up to which every event is handled once the attempt succeeds. */
  readonly upTo: Reached;
}

/** For handlers that do not look at their context. */
const NONE = {} as ConsumerContext;

/** Returns a function that calls the handler with its context, as part of a call with a time limit. */
export function createHandler(
  { context, parts }: ConsumerRun,
  { lease }: Term,
  lineage: string,
): (one: Try, call: Call) => unknown {
  const { token } = lease.fence;

  function contextOf({ events, attempt, upTo }: Try, call: Call): ConsumerContext {
    const made: Omit<ConsumerContext, "signal"> = {
      attempt,
      position: upTo.position,
      checkpoint: checkpointOf(lineage, upTo),
      token,
      async append(entries, options = {}) {
        checkOptions(options, APPEND_OPTIONS);
        if (!Array.isArray(entries) || entries.length === 0) {
          throw invalidArgument(
            "entries",
            "there is nothing to append: give a list of at least one { stream, events }",
          );
        }
        const causedBy = options.causedBy ?? (parts.single ? events[0] : undefined);
        if (causedBy === undefined) {
          throw invalidArgument(
            "causedBy",
            "in a batchHandler say which of the events is the cause: { causedBy: event }",
          );
        }
        if (call.told()) throw call.signal().reason;
        if (call.ended()) throw isOver();
        return underSignals([options.signal, call.signal()], (signal) =>
          append(context, entries, { causedBy, signal }, APPEND_OPTIONS),
        );
      },
    };
    return withLazy(made, { signal: call.signal });
  }

  return (one, call) => parts.handle(one.events, parts.looks ? contextOf(one, call) : NONE);
}

function isOver(): Error {
  return invalidArgument("append", "this call of the handler is over: await what it appends");
}
