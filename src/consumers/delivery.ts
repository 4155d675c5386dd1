import type { ConsumerBatch } from "./batch-reader.ts";
import { callInTime, type Call, type CallOutcome } from "../async/timed-call.ts";
import { createHandler } from "./handler-context.ts";
import { consumerFailed, decide, pause, pauseAfter, type ConsumerRun } from "./retry.ts";
import { limitsOf, type Checkpoint, type Reached } from "./checkpoint.ts";
import { monotonicNow } from "../platform.ts";
import type { Term } from "./active-lease.ts";
import type { FailureDecision } from "./define-consumer.ts";
import type { StoredEvent } from "../event.ts";
import type { ConsumerParked } from "../storage/protocol.ts";
import { messageOf } from "../errors.ts";
import { isThenable } from "../async/thenable.ts";

/** The longest error message of a parked event, in characters. */
const LONGEST_MESSAGE = 4_000;

/** While a batch takes long, the checkpoint is saved at this interval, in milliseconds. */
const LONGEST_UNSAVED = 1_000;

/** The number of attempts for the event at a position, over all terms. */
export interface Tries {
  position: number;
  count: number;
}

/** Passes events to the handler, in order, until all are handled or parked, or the consumer has to stop. */
export interface Delivery {
  /** Resolves with the position up to which every event is handled and saved. Rejects with `consumer-failed` or `lease-lost`. */
  deliver(batch: ConsumerBatch): Promise<number>;
  /** Tries a parked event once more; `attempts` is the number of earlier ones. Rejects with `lease-lost`. */
  tryParked(event: StoredEvent, attempts: number): Promise<void>;
}

export function createDelivery(run: ConsumerRun, term: Term, checkpoint: Checkpoint, tries: Tries): Delivery {
  const { parts, tell, context } = run;
  const { lease, over, cut } = term;
  const handle = createHandler(run, term, checkpoint.lineage);
  const limits = limitsOf(run, term, "the handler");
  let kept = monotonicNow();

  async function deliver({ events, position }: ConsumerBatch): Promise<number> {
    const last = events.at(-1) as StoredEvent;
    // The batch may end after its last event, with events that do not match.
    const end = { position, eventId: position === last.position ? last.id : await checkpoint.idAt(position) };
    // One at a time also if a batch that begins with this event failed or hung in an earlier term.
    let alone = parts.single || (tries.count > 0 && tries.position === events[0]?.position);
    let index = 0;
    while (index < events.length && !over.aborted) {
      if (lease.doubtful) await lease.renew();
      let keeping: Promise<void> | undefined;
      const onSlow = (): void => {
        keeping = keep(endOf(index));
        // Its error is reported after the call, where it is awaited.
        keeping.catch(() => undefined);
      };
      const outcome = await callInTime(handleSome, { ...limits, onSlow });
      await keeping;
      // Save what is handled before anything else, so that it is not repeated.
      await keep(endOf(index));
      // A call that was cut off does not count as an attempt.
      if (outcome.went === "well" || cut.aborted) continue;
      const event = events[index] as StoredEvent;
      if ((await fail(event, outcome, alone, endOf(index + 1))) === "park") index += 1;
      alone = true;
    }
    return checkpoint.saved.position;

    /** Calls the handler for the remaining events, one by one or all at once, until a call fails or the checkpoint is due. */
    async function handleSome(call: Call): Promise<void> {
      do {
        const some = alone ? [events[index] as StoredEvent] : events;
        const { position: first } = some[0] as StoredEvent;
        if (tries.position !== first) Object.assign(tries, { position: first, count: 0 });
        call.restart();
        const next = index + some.length;
        const result = handle({ events: some, attempt: ++tries.count, upTo: endOf(next) }, call);
        if (isThenable(result)) await result;
        // The call took too long and was given up, so its result does not count.
        if (call.ended()) return;
        index = next;
        if (tries.count > 1) tell.failing(undefined);
      } while (
        index < events.length &&
        !over.aborted &&
        !call.told() &&
        !lease.doubtful &&
        monotonicNow() - kept < LONGEST_UNSAVED
      );
    }

    /** Returns the checkpoint once the first `count` events are handled. */
    function endOf(count: number): Reached {
      if (count === events.length) return end;
      if (count === 0) return checkpoint.saved;
      const event = events[count - 1] as StoredEvent;
      return { position: event.position, eventId: event.id };
    }
  }

  /** Decides what to do after a failed call. After that of a whole batch, the events are tried one by one. */
  async function fail(
    event: StoredEvent,
    { went, error }: Exclude<CallOutcome<unknown>, { readonly went: "well" }>,
    alone: boolean,
    upTo: Reached,
  ): Promise<FailureDecision> {
    const failure = { error, event, attempt: tries.count };
    const decision = alone ? decide(parts, failure) : "retry";
    if (decision === "stop") throw consumerFailed(parts.name, failure);
    if (decision === "park") {
      await checkpoint.save(upTo, toParked(event, error, failure.attempt));
      tell.failing(undefined);
    } else tell.failing(failure);
    // The hung call may still be running: its writes must not pass for those of a new attempt under this lease.
    if (went === "hung") lease.lose();
    lease.suspendRenewal(false);
    if (decision === "retry") await pause(pauseAfter(parts, failure.attempt), over);
    return decision;
  }

  async function keep(upTo: Reached): Promise<void> {
    kept = monotonicNow();
    if (lease.lost.aborted) throw lease.lost.reason;
    await checkpoint.save(upTo);
    tell.reached(checkpoint.saved.position);
  }

  function toParked({ position }: StoredEvent, error: unknown, attempts: number): ConsumerParked {
    return { position, message: messageOf(error).slice(0, LONGEST_MESSAGE), attempts, timestamp: context.clock() };
  }

  async function tryParked(event: StoredEvent, attempts: number): Promise<void> {
    if (lease.doubtful) await lease.renew();
    const once = { events: [event], attempt: attempts + 1, upTo: checkpoint.saved };
    const outcome = await callInTime((call) => handle(once, call), limits);
    if (lease.lost.aborted) throw lease.lost.reason;
    if (outcome.went === "well") return checkpoint.park({ unpark: event.position });
    if (cut.aborted) return;
    await checkpoint.park({ park: toParked(event, outcome.error, attempts + 1) });
    if (outcome.went === "hung") lease.lose();
    lease.suspendRenewal(false);
  }

  return { deliver, tryParked };
}
