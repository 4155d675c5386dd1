import type { ConsumerBatch } from "./consumer-batches.ts";
import type { CallOutcome } from "./consumer-call.ts";
import { createHandler } from "./consumer-handler.ts";
import { consumerFailed, decide, messageOf, pause, pauseAfter, type ConsumerRun } from "./consumer-insist.ts";
import type { Place } from "./consumer-place.ts";
import type { Term } from "./consumer-turn.ts";
import type { StoredEvent } from "./event.ts";
import type { ConsumerParked } from "./storage/protocol.ts";

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
  const { parts, tell, source } = run;
  const { turn, over, cut } = term;
  const handle = createHandler(run, term);
  let kept = Date.now();

  async function deliver({ events, position }: ConsumerBatch): Promise<number> {
    // Also what hung as a batch in another turn is looked at one by one.
    let alone = parts.single || (tries.count > 0 && tries.position === events[0]?.position);
    let index = 0;
    while (index < events.length && !over.aborted) {
      const some = alone ? events.slice(index, index + 1) : events;
      const first = some[0] as StoredEvent;
      const end = index + some.length;
      const upTo = endOf(end);
      if (tries.position !== first.position) Object.assign(tries, { position: first.position, count: 0 });
      if (turn.doubtful) await turn.hold();
      let keeping: Promise<void> | undefined;
      const outcome = await handle({ events: some, attempt: ++tries.count, position: upTo }, () => {
        keeping = keep(endOf(index));
        // Awaited once the call is over.
        keeping.catch(() => undefined);
      });
      await keeping;
      if (outcome.went === "well") {
        index = end;
        if (tries.count > 1) tell.failing(undefined);
        if (Date.now() - kept >= LONGEST_UNSAVED) await keep(endOf(index));
        continue;
      }
      // What came before is not to be done again.
      await keep(endOf(index));
      // What it was cut off from counts as not tried.
      if (cut.aborted) break;
      await fail(first, outcome, alone, upTo);
      if (alone && place.saved >= first.position) index = end;
      alone = true;
    }
    await keep(endOf(index));
    return place.saved;

    /** Up to where everything is handled when so many of the events are. */
    function endOf(count: number): number {
      return count === events.length
        ? position
        : count === 0
          ? place.saved
          : (events[count - 1] as StoredEvent).position;
    }
  }

  /** Decides what becomes of an event, or of several, which are then tried one by one. */
  async function fail(
    event: StoredEvent,
    { went, error }: Exclude<CallOutcome<unknown>, { readonly went: "well" }>,
    alone: boolean,
    upTo: number,
  ): Promise<void> {
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
  }

  async function keep(upTo: number): Promise<void> {
    kept = Date.now();
    if (turn.lost.aborted) throw turn.lost.reason;
    await place.save(upTo);
    tell.reached(place.saved);
  }

  function toParked({ position }: StoredEvent, error: unknown, attempts: number): ConsumerParked {
    return { position, message: messageOf(error).slice(0, LONGEST_MESSAGE), attempts, timestamp: source.clock() };
  }

  async function tryParked(event: StoredEvent, attempts: number): Promise<void> {
    if (turn.doubtful) await turn.hold();
    const outcome = await handle({ events: [event], attempt: attempts + 1, position: place.saved });
    if (turn.lost.aborted) throw turn.lost.reason;
    if (outcome.went === "well") return place.park({ unpark: event.position });
    if (cut.aborted) return;
    await place.park({ park: toParked(event, outcome.error, attempts + 1) });
    if (outcome.went === "hung") turn.lose();
    turn.neglect(false);
  }

  return { deliver, tryParked };
}
