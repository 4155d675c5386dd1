import { createBatches, type ConsumerBatches } from "./batch-reader.ts";
import { createDelivery, type Delivery, type Tries } from "./delivery.ts";
import { withRetries, isTransient, type ConsumerRun } from "./retry.ts";
import { retryParked } from "./parked.ts";
import { openPlace, type Place } from "./checkpoint.ts";
import { takeTurn, type Term } from "./active-lease.ts";
import { isEventStoreError } from "../errors.ts";
import { SILENT_POSITIONS } from "../subscriptions/subscription.ts";
import { onAbort, underSignals } from "../platform.ts";

/** What is asked of a consumer while it runs. */
export interface ConsumerRequests {
  /** Those who wait for parked events to be tried again; whoever takes them does it. */
  take(): readonly { resolve(): void; reject(error: unknown): void }[];
  /** Called when somebody asks. */
  onAsked: () => void;
}

/** Takes turns until it is closed: the whole life of a consumer. Rejects with what ended it. */
export async function runConsumer(run: ConsumerRun, requests: ConsumerRequests): Promise<void> {
  const tries: Tries = { position: 0, count: 0 };
  while (!run.closing.aborted) {
    try {
      await takeOneTurn(run, requests, tries);
    } catch (error) {
      const closed = run.closing.aborted && error === run.closing.reason;
      if (!closed && !isEventStoreError(error, "lease-lost")) throw error;
    }
    if (!run.closing.aborted) run.tell.active(false);
  }
}

async function takeOneTurn(run: ConsumerRun, requests: ConsumerRequests, tries: Tries): Promise<void> {
  const { context, parts } = run;
  let onBeat = (): void => undefined;
  const { clock } = context;
  const options = { name: parts.name, duration: parts.lease, signal: run.closing, clock, onBeat: () => onBeat() };
  const turn = await withRetries(run, () => takeTurn(context.storage, options), run.closing, isTransient);

  async function serve(term: Term): Promise<void> {
    const place = await openPlace(run, term);
    // Somebody else has handled it meanwhile.
    if (place.saved.position >= tries.position) run.tell.failing(undefined);
    const batches = createBatches(context, parts.filter, place.saved.position, parts.batchSize);
    requests.onAsked = onBeat = batches.wake;
    const ignoreEnd = onAbort(term.over, batches.wake);
    try {
      await work(run, requests, term, place, createDelivery(run, term, place, tries), batches);
    } finally {
      requests.onAsked = onBeat = () => undefined;
      ignoreEnd();
      batches.stop();
    }
  }

  try {
    await underSignals([run.closing, turn.lost], (over) =>
      underSignals([run.cut, turn.lost], (cut) => serve({ turn, over, cut })),
    );
  } finally {
    await turn.end();
  }
}

async function work(
  run: ConsumerRun,
  requests: ConsumerRequests,
  { turn, over }: Term,
  place: Place,
  delivery: Delivery,
  batches: ConsumerBatches,
): Promise<void> {
  const { tell } = run;
  let reached = place.saved.position;
  tell.reached(reached);
  tell.active(true);
  while (!over.aborted) {
    await retryParked(run, requests, delivery, over);
    const batch = await batches.next();
    // Woken: what was passed by without a match is saved now and then.
    if (batch === undefined) await place.save({ position: reached });
    else if (batch.events.length > 0) reached = await delivery.deliver(batch);
    else {
      reached = batch.position;
      if (reached - place.saved.position >= SILENT_POSITIONS) await place.save({ position: reached });
    }
    tell.reached(reached);
  }
  if (!turn.lost.aborted) await place.save({ position: reached });
}
