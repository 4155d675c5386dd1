import { append } from "./append.ts";
import type { ConsumerContext } from "./consumer.ts";
import { callInTime, type Call, type CallOutcome } from "./consumer-call.ts";
import type { ConsumerRun } from "./consumer-insist.ts";
import { limitsOf } from "./consumer-place.ts";
import type { Term } from "./consumer-turn.ts";
import { invalidArgument } from "./errors.ts";
import type { StoredEvent } from "./event.ts";
import { checkOptions } from "./names.ts";
import { underSignals } from "./platform.ts";

/** One try of a handler. */
export interface Try {
  readonly events: readonly StoredEvent[];
  readonly attempt: number;
  /** Up to where everything is handled when it has gone well. */
  readonly position: number;
}

/** What calls the handler in a turn. */
export function createHandler(
  run: ConsumerRun,
  term: Term,
): (one: Try, onSlow?: () => void) => Promise<CallOutcome<unknown>> {
  const { source, parts } = run;
  const limits = limitsOf(run, term);
  const { token } = term.turn.fence;

  function contextOf({ events, attempt, position }: Try, call: Call): ConsumerContext {
    return {
      attempt,
      position,
      token,
      get signal() {
        return call.signal;
      },
      async append(entries, options = {}) {
        checkOptions(options, ["causedBy", "signal"]);
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
        if (call.over) throw call.signal.aborted ? call.signal.reason : isOver();
        return underSignals([options.signal, call.signal], (signal) =>
          append(
            source,
            entries,
            { causedBy, signal },
            (index) => `entries[${index}].`,
            (results) => results,
          ),
        );
      },
    };
  }

  return (one, onSlow) => callInTime((call) => parts.handle(one.events, contextOf(one, call)), { ...limits, onSlow });
}

function isOver(): Error {
  return invalidArgument("append", "this call of the handler is over: await what it appends");
}
