import type { ConsumerBatch } from "./batch-reader.ts";
import { callInTime, type Call, type CallOutcome } from "../async/timed-call.ts";
import { createHandler } from "./handler-context.ts";
import { consumerFailed, decide, pause, pauseAfter, type ConsumerRun } from "./retry.ts";
import { limitsOf, type Place, type Reached } from "./checkpoint.ts";
import { monotonicNow } from "../platform.ts";
import type { Term } from "./active-lease.ts";
import type { FailureDecision } from "./define-consumer.ts";
import type { StoredEvent } from "../event.ts";
import type { ConsumerParked } from "../storage/protocol.ts";
import { messageOf } from "../errors.ts";
import { isThenable } from "../async/thenable.ts";

/** What was said of a failure is kept up to so many characters. */
const LONGEST_MESSAGE = 4_000;

/** While a handler takes its time over a batch, its checkpoint is saved once in so many milliseconds. */
const LONGEST_UNSAVED = 1_000;

/** How often the event at a position was tried, over all turns. */
export interface Tries {
  position: number;
  count: number;
}

/** Hands events to the handler, in order, until each is handled, set aside, or the consumer is to stop at it. */
export interface Delivery {
  /** Resolves with the position up to which all is handled and saved. Rejects with `consumer-failed` or `lease-lost`. */
  deliver(batch: ConsumerBatch): Promise<number>;
  /** Tries an event once more that was set aside after so many tries. Rejects with `lease-lost`. */
  tryParked(event: StoredEvent, attempts: number): Promise<void>;
}

export function createDelivery(run: ConsumerRun, term: Term, place: Place, tries: Tries): Delivery {
  const { parts, tell, context } = run;
  const { turn, over, cut } = term;
  const handle = createHandler(run, term, place.lineage);
  const limits = limitsOf(run, term, "the handler");
  let kept = monotonicNow();

  async function deliver({ events, position }: ConsumerBatch): Promise<number> {
    const last = events.at(-1) as StoredEvent;
    // Events that do not match may lie between the last one and where the batch ends.
    const end = { position, eventId: position === last.position ? last.id : await place.idAt(position) };
    // Also what hung as a batch in another turn is looked at one by one.
    let alone = parts.single || (tries.count > 0 && tries.position === events[0]?.position);
    let index = 0;
    while (index < events.length && !over.aborted) {
      if (turn.doubtful) await turn.hold();
      let keeping: Promise<void> | undefined;
      const onSlow = (): void => {
        keeping = keep(endOf(index));
        // Awaited once the call is over.
        keeping.catch(() => undefined);
      };
      const outcome = await callInTime(handleSome, { ...limits, onSlow });
      await keeping;
      // What is handled is not to be done again.
      await keep(endOf(index));
      // What was cut off counts as not tried.
      if (outcome.went === "well" || cut.aborted) continue;
      const event = events[index] as StoredEvent;
      if ((await fail(event, outcome, alone, endOf(index + 1))) === "park") index += 1;
      alone = true;
    }
    return place.saved.position;

    /** One by one, or all at once, until one fails, or there is something else to do in between. */
    async function handleSome(call: Call): Promise<void> {
      do {
        const some = alone ? [events[index] as StoredEvent] : events;
        const { position: first } = some[0] as StoredEvent;
        if (tries.position !== first) Object.assign(tries, { position: first, count: 0 });
        call.restart();
        const next = index + some.length;
        const result = handle({ events: some, attempt: ++tries.count, upTo: endOf(next) }, call);
        if (isThenable(result)) await result;
        // It has hung, and its turn is over: what it did does not count.
        if (call.ended) return;
        index = next;
        if (tries.count > 1) tell.failing(undefined);
      } while (
        index < events.length &&
        !over.aborted &&
        !call.told &&
        !turn.doubtful &&
        monotonicNow() - kept < LONGEST_UNSAVED
      );
    }

    /** Up to where everything is handled when so many of the events are. */
    function endOf(count: number): Reached {
      if (count === events.length) return end;
      if (count === 0) return place.saved;
      const event = events[count - 1] as StoredEvent;
      return { position: event.position, eventId: event.id };
    }
  }

  /** Decides what becomes of an event, or of several, which are then tried one by one. */
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
      await place.save(upTo, toParked(event, error, failure.attempt));
      tell.failing(undefined);
    } else tell.failing(failure);
    // What it is doing still must not count as done in this turn.
    if (went === "hung") turn.lose();
    turn.neglect(false);
    if (decision === "retry") await pause(pauseAfter(parts, failure.attempt), over);
    return decision;
  }

  async function keep(upTo: Reached): Promise<void> {
    kept = monotonicNow();
    if (turn.lost.aborted) throw turn.lost.reason;
    await place.save(upTo);
    tell.reached(place.saved.position);
  }

  function toParked({ position }: StoredEvent, error: unknown, attempts: number): ConsumerParked {
    return { position, message: messageOf(error).slice(0, LONGEST_MESSAGE), attempts, timestamp: context.clock() };
  }

  async function tryParked(event: StoredEvent, attempts: number): Promise<void> {
    if (turn.doubtful) await turn.hold();
    const once = { events: [event], attempt: attempts + 1, upTo: place.saved };
    const outcome = await callInTime((call) => handle(once, call), limits);
    if (turn.lost.aborted) throw turn.lost.reason;
    if (outcome.went === "well") return place.park({ unpark: event.position });
    if (cut.aborted) return;
    await place.park({ park: toParked(event, outcome.error, attempts + 1) });
    if (outcome.went === "hung") turn.lose();
    turn.neglect(false);
  }

  return { deliver, tryParked };
}
