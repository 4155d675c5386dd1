import type { CompiledModel } from "./define-read-model.ts";
import { isEventStoreError } from "../errors.ts";
import type { StoredEvent } from "../event.ts";
import { SILENT_POSITIONS } from "../subscriptions/subscription.ts";
import { addEvents, fillTables, writeBatch, type Filling } from "./catch-up.ts";
import { matches } from "../events/filter.ts";
import { createBatch } from "./statement-batch.ts";
import { takeBuildingLease, type BuildingLease } from "./leases.ts";
import { keyOf } from "../storage/read-model-names.ts";
import { modelsOf } from "../storage/capabilities.ts";
import { createAbort, sleep, type AbortControllerLike } from "../platform.ts";
import type { ModelBatch, ModelOutcome, ModelState, StorageNews } from "../storage/protocol.ts";
import type { StoreContext } from "../storage/store-context.ts";

/** Who is not more than so many positions behind catches up beside others; only what takes longer is one client's work. */
const NEAR = 1_000;

/** Before trying again where others hold the write lock, in milliseconds. */
const PAUSE = 100;

/** How far a model has come, as one client knows it. */
export interface ProjectorState {
  /** Every event up to here is in the tables. */
  readonly position: number;
  readonly head: number;
  readonly built: boolean;
}

export interface ProjectorEvents {
  /** The tables have come further, or have `changed`, by this client or another. */
  reached(state: ProjectorState, changed: boolean): void;
  fail(error: unknown): void;
}

export interface Projector {
  /** What somebody has learned of the tables. */
  learn(state: ModelState): void;
  /** Resolves when nothing more is written. */
  stop(): Promise<void>;
}

/**
 * Keeps a model's tables up to date. Statements and checkpoint go to the storage as one request, which does nothing unless the
 * checkpoint stands where this projector expects it: where another client has moved it, it goes on from there. So it is no
 * plain subscription: only one client of several reads history, under a lease, and the others pass over what that one has done.
 */
export function startProjector(
  context: StoreContext,
  model: CompiledModel,
  start: ModelState,
  { reached, fail }: ProjectorEvents,
): Projector {
  const { storage } = context;
  const models = modelsOf(storage);
  const key = keyOf(model.record);
  const filter = { types: model.types };
  const following = context.notifier.follow();
  const stopHearing = storage.onChange(hear);
  const filling: Filling = { context, model, set: "used", apply, written };
  let stopped = false;
  let known = start;
  /** What the tables are known to hold, and the newest position heard of. */
  let seen = start.checkpoint;
  let head = seen;
  /** The newest generation heard of, and of which epoch. */
  let heard = { generation: start.generation, epoch: 0 };
  let asking = false;
  /** Batches on their way. */
  let writing = 0;
  /** While it waits for the right to build, and while it has it. */
  let waiting: AbortControllerLike | undefined;
  let lease: BuildingLease | undefined;

  const ended = patiently(run).catch((error: unknown) => {
    if (!stopped) fail(error);
  });

  /** Others who hold the write lock for long make it late, and do not end it. */
  async function patiently<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (stopped || !isEventStoreError(error, "storage-busy")) throw error;
        await sleep(PAUSE);
      }
    }
  }

  async function run(): Promise<void> {
    await following.ready;
    // Once more where the notifier has not heard of what is already there.
    await catchUp();
    while (!stopped) {
      following.position = seen;
      const tail = following.tail();
      if (tail === undefined || !known.built) await catchUp();
      else if (tail.head > seen) await take(tail.events, tail.head);
      else await following.news();
    }
  }

  /** What lies behind the notifier's tail. */
  async function catchUp(): Promise<void> {
    head = Math.max(head, await storage.head());
    if (head - seen > NEAR) await buildAlone();
    else await walk();
  }

  /** Whoever waits for the right to build follows what the one who has it does, and need not wait where that is done. */
  async function buildAlone(): Promise<void> {
    const attempt = (waiting = createAbort());
    try {
      lease = await takeBuildingLease(context, model.record, attempt.signal);
      learn(await models.modelState(model.record));
      await walk();
    } catch (error) {
      if (!attempt.signal.aborted) throw error;
    } finally {
      waiting = undefined;
      const held = lease;
      lease = undefined;
      await held?.release();
    }
  }

  async function walk(): Promise<void> {
    const history = { from: known.checkpoint, after: seen, completes: !known.built, goOn };
    const end = await fillTables(filling, history);
    if (end !== undefined) arrive(end);
  }

  async function goOn(): Promise<boolean> {
    return !stopped && (lease === undefined || (await lease.hold()));
  }

  async function take(events: readonly StoredEvent[], to: number): Promise<void> {
    const batch = createBatch(model, "used", known.checkpoint);
    const wanted = events.filter((event) => matches(filter, event));
    await addEvents(filling, batch, wanted, to);
    const due = batch.size > 0 || to - known.checkpoint >= SILENT_POSITIONS;
    if (!due || (await writeBatch(filling, batch, to, to))) arrive(to);
  }

  function arrive(position: number): void {
    seen = Math.max(seen, position);
    head = Math.max(head, seen);
    reached({ position: seen, head, built: known.built }, false);
  }

  async function apply(batch: ModelBatch): Promise<ModelOutcome> {
    writing += 1;
    try {
      return await models.applyToModel(batch);
    } finally {
      writing -= 1;
    }
  }

  function written(state: ModelState, newest: number): void {
    head = Math.max(head, newest);
    learn(state);
    void ask();
  }

  function learn(state: ModelState): void {
    if (state.generation <= known.generation) return;
    known = state;
    seen = Math.max(seen, state.checkpoint);
    head = Math.max(head, seen);
    if (lease === undefined && known.built && head - seen <= NEAR) waiting?.abort();
    reached({ position: seen, head, built: known.built }, true);
  }

  function hear({ head: newest, epoch, models: generations }: StorageNews): void {
    head = Math.max(head, newest);
    // Without a generation its tables are gone, and with a new epoch there may be news that nobody was told of.
    const told = generations === undefined ? 0 : (generations[key] ?? Infinity);
    const lapsed = heard.epoch !== 0 && epoch !== heard.epoch ? Infinity : 0;
    heard = { epoch, generation: Math.max(heard.generation, told, lapsed) };
    void ask();
  }

  /** What another client has done is asked for. What this one does itself, which most news is about, its answers tell. */
  async function ask(): Promise<void> {
    if (asking) return;
    asking = true;
    try {
      while (!stopped && writing === 0 && heard.generation > known.generation) {
        const { generation } = heard;
        const state = await patiently(() => models.modelState(model.record));
        if (generation === heard.generation) heard = { ...heard, generation: state.generation };
        learn(state);
      }
    } catch (error) {
      if (!stopped) fail(error);
    } finally {
      asking = false;
    }
  }

  return {
    learn,
    stop() {
      stopped = true;
      stopHearing();
      following.stop();
      waiting?.abort();
      void lease?.release();
      return ended;
    },
  };
}
