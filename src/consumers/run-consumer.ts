import { createBatches, type ConsumerBatches } from "./batch-reader.ts";
import { createDelivery, type Delivery, type Tries } from "./delivery.ts";
import { withRetries, isTransient, type ConsumerRun } from "./retry.ts";
import { retryParked } from "./parked.ts";
import { openCheckpoint, type Checkpoint } from "./checkpoint.ts";
import { takeActiveLease, type Term } from "./active-lease.ts";
import { isEventStoreError } from "../errors.ts";
import { SILENT_POSITIONS } from "../subscriptions/subscription.ts";
import { onAbort, underSignals } from "../platform.ts";

/** Requests to a running consumer. */
export interface ConsumerRequests {
  /** Takes the pending calls of `retryParked`; the caller has to settle them. */
  take(): readonly { resolve(): void; reject(error: unknown): void }[];
  /** Called for every new request. */
  onAsked: () => void;
}

/** Runs a consumer until it is closed: waits for the lease, works until the lease is lost, and again. Rejects with the error that ended it. */
export async function runConsumer(run: ConsumerRun, requests: ConsumerRequests): Promise<void> {
  const tries: Tries = { position: 0, count: 0 };
  while (!run.closing.aborted) {
    try {
      await serveOneTerm(run, requests, tries);
    } catch (error) {
      const closed = run.closing.aborted && error === run.closing.reason;
      if (!closed && !isEventStoreError(error, "lease-lost")) throw error;
    }
    if (!run.closing.aborted) run.tell.active(false);
  }
}

async function serveOneTerm(run: ConsumerRun, requests: ConsumerRequests, tries: Tries): Promise<void> {
  const { context, parts } = run;
  let onBeat = (): void => undefined;
  const { clock } = context;
  const options = { name: parts.name, duration: parts.lease, signal: run.closing, clock, onBeat: () => onBeat() };
  const lease = await withRetries(run, () => takeActiveLease(context.storage, options), run.closing, isTransient);

  async function serve(term: Term): Promise<void> {
    const checkpoint = await openCheckpoint(run, term);
    // Another client has handled the event that failed here.
    if (checkpoint.saved.position >= tries.position) run.tell.failing(undefined);
    const batches = createBatches(context, parts.filter, checkpoint.saved.position, parts.batchSize);
    requests.onAsked = onBeat = batches.wake;
    const ignoreEnd = onAbort(term.over, batches.wake);
    try {
      await work(run, requests, term, checkpoint, createDelivery(run, term, checkpoint, tries), batches);
    } finally {
      requests.onAsked = onBeat = () => undefined;
      ignoreEnd();
      batches.stop();
    }
  }

  try {
    await underSignals([run.closing, lease.lost], (over) =>
      underSignals([run.cut, lease.lost], (cut) => serve({ lease, over, cut })),
    );
  } finally {
    await lease.release();
  }
}

async function work(
  run: ConsumerRun,
  requests: ConsumerRequests,
  { lease, over }: Term,
  checkpoint: Checkpoint,
  delivery: Delivery,
  batches: ConsumerBatches,
): Promise<void> {
  const { tell } = run;
  let reached = checkpoint.saved.position;
  tell.reached(reached);
  tell.active(true);
  while (!over.aborted) {
    await retryParked(run, requests, delivery, over);
    const batch = await batches.next();
    // On each wake, save a position that moved only past events that do not match.
    if (batch === undefined) await checkpoint.save({ position: reached });
    else if (batch.events.length > 0) reached = await delivery.deliver(batch);
    else {
      reached = batch.position;
      if (reached - checkpoint.saved.position >= SILENT_POSITIONS) await checkpoint.save({ position: reached });
    }
    tell.reached(reached);
  }
  if (!lease.lost.aborted) await checkpoint.save({ position: reached });
}
