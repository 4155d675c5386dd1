import type { Enqueue, EnqueueOutcome, OutboxEntry, QueuedAs, SyncStorage } from "../../../storage/protocol.ts";
import type { PredictedStream, Shown } from "../pending/predict.ts";
import { refusalOf } from "./queue-entry.ts";
import type { Outbox } from "../outbox.ts";
import { afterStep, viewOf, type OutboxView } from "../outbox-view.ts";

/** The most entries of a batch. */
const MOST = 500;

/** After this many batches, yields to other work, so that continuous calls do not starve timers. */
const BATCHES_A_TURN = 4;

/** What an entry is planned on. */
export interface PlannedOn {
  readonly view: OutboxView;
  /** How many events the earlier entries of the same batch add to each stream. */
  readonly added: ReadonlyMap<string, number>;
  /** The generation that is reached with these entries. */
  readonly generation: number;
}

/** What is known of a stream that an entry adds events to. */
export interface PlannedStream {
  readonly stream: string;
  /** Without what is pending. */
  readonly version: number;
  readonly predicted: PredictedStream;
  readonly shown: Omit<Shown, "entry">;
}

/** An entry to queue, or the result if there is nothing to queue. */
export type Planned<T> =
  | {
      readonly request: Enqueue;
      /** Empty if it is not known what the entry adds. */
      readonly streams: readonly PlannedStream[];
      /** Makes the result; `as` is undefined if the entry is known already, or if the storage does not tell. */
      settle(outcome: "queued" | "known", as: QueuedAs | undefined): T | Promise<T>;
    }
  | { readonly result: () => T };

/** Plans an entry. Undefined: it has to wait until the earlier entries of the batch are stored. */
type Plan<T> = (on: PlannedOn) => Promise<Planned<T> | undefined>;

/**
 * Queues entries in the order of the calls. Those that are made in one turn of the event loop, and those that come while others are
 * being stored, are stored in one transaction.
 */
export type Queue = <T>(plan: Plan<T>) => Promise<T>;

interface Waiting {
  readonly plan: Plan<unknown>;
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}

/** What the storage tells of an entry: nothing unless it was queued. */
interface Told {
  readonly as?: QueuedAs;
  /** The same of an entry that replaces another. */
  readonly instead?: QueuedAs;
}

interface Batched {
  readonly call: Waiting;
  readonly planned: Extract<Planned<unknown>, { request: Enqueue }>;
}

/** `pause` lets other work run; absent if the storage works in another thread. */
export function createQueue(outbox: Outbox, sync: SyncStorage, pause: (() => Promise<void>) | undefined): Queue {
  let waiting: Waiting[] = [];
  let running = false;
  let batches = 0;
  /** How many of the next entries are stored each on its own, because one of them has failed. */
  let alone = 0;

  async function run(): Promise<void> {
    while (waiting.length > 0) {
      if (++batches % BATCHES_A_TURN === 0) await pause?.();
      try {
        await runBatch(await outbox.view());
      } catch (error) {
        for (const { reject } of waiting.splice(0)) reject(error);
      }
    }
    running = false;
  }

  async function runBatch(view: OutboxView): Promise<void> {
    const batch = await planBatch(view);
    if (batch.length === 0) return;
    const requests = batch.map(({ planned }) => planned.request);
    let outcomes: readonly EnqueueOutcome[];
    let added: readonly OutboxEntry[] = [];
    try {
      outcomes = await outbox.change(
        () => sync.enqueue(requests),
        (found, last) => {
          const { generation: from, items } = last;
          const entries = found.flatMap((outcome, index): OutboxEntry | [] => {
            const { as, instead = as } = outcome as Told;
            if (instead?.generation !== from + index + 1) return [];
            return { ...(requests[index] as Enqueue).entry, number: instead.number, rejected: null };
          });
          if (entries.length < found.length) return undefined;
          const to = from + entries.length;
          const left = new Set(requests.map(({ replaces }) => replaces));
          let base: OutboxView | undefined = last;
          if (!left.has(undefined))
            base = afterStep((entry) => (left.has(entry.id) ? undefined : entry))({ step: { from, to } }, last);
          else if (left.size > 1) return undefined;
          // Nothing else has changed since the view: the entries are what they were planned to be.
          else if (last === view) added = entries;
          base?.reading.entries.push(...entries);
          return base && viewOf(to, items, base.reading);
        },
      );
    } catch (error) {
      const [only] = batch as [Batched];
      if (batch.length === 1) return only.call.reject(error);
      alone = batch.length;
      waiting = [...batch.map(({ call }) => call), ...waiting];
      return;
    }
    alone = Math.max(0, alone - 1);
    const left = batch.filter((one, index) => !settle(view, one, outcomes[index], added[index]));
    waiting = [...left.map(({ call }) => call), ...waiting];
  }

  /** Takes the calls that can be stored together. A call that is refused, or has nothing to queue, is settled if it is the first. */
  async function planBatch(view: OutboxView): Promise<readonly Batched[]> {
    const batch: Batched[] = [];
    const added = new Map<string, number>();
    const most = alone > 0 ? 1 : MOST;
    for (let call = waiting[0]; call !== undefined && batch.length < most; call = waiting[0]) {
      let planned: Planned<unknown> | undefined;
      let failure: { readonly error: unknown } | undefined;
      try {
        planned = await call.plan({ view, added, generation: view.generation + batch.length });
      } catch (error) {
        failure = { error };
      }
      if (planned === undefined || !("request" in planned)) {
        // It may be otherwise without the entries before it, or by what this client has not heard of.
        if (batch.length > 0 || !(await isCurrent(view))) break;
        waiting.shift();
        if (planned === undefined) call.reject(failure?.error);
        else call.resolve(planned.result() as never);
        break;
      }
      waiting.shift();
      batch.push({ call, planned });
      for (const { stream, shown } of planned.streams) added.set(stream, (added.get(stream) ?? 0) + shown.count);
    }
    return batch;
  }

  async function isCurrent({ generation }: OutboxView): Promise<boolean> {
    const found = await sync.loadReplica();
    if (found.generation === generation) return true;
    outbox.changed();
    return false;
  }

  return (plan) =>
    new Promise((resolve, reject) => {
      waiting.push({ plan, resolve, reject });
      if (running) return;
      running = true;
      void run();
    });
}

/**
 * Settles a call by the outcome of its entry; `added` is the entry, if it is known to be what it was planned to be. Returns false if the
 * entry has to be planned again.
 */
function settle(
  view: OutboxView,
  { call, planned }: Batched,
  outcome: EnqueueOutcome | undefined,
  added: OutboxEntry | undefined,
): boolean {
  if (outcome === undefined || outcome.outcome === "moved") return false;
  if (outcome.outcome !== "queued" && outcome.outcome !== "known") {
    call.reject(refusalOf(outcome, planned.request.most));
    return true;
  }
  if (added !== undefined) {
    for (const { stream, version, predicted, shown } of planned.streams) {
      view.reading.versions.set(stream, version);
      predicted.adopt(view.reading.byStream().get(stream) ?? [], { ...shown, entry: added });
    }
  }
  try {
    call.resolve(planned.settle(outcome.outcome, (outcome as Told).as) as never);
  } catch (error) {
    call.reject(error);
  }
  return true;
}
