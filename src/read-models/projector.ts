import type { CompiledModel } from "./define-read-model.ts";
import { isEventStoreError } from "../errors.ts";
import type { StoredEvent } from "../event.ts";
import { SILENT_POSITIONS } from "../subscriptions/subscription.ts";
import { addEvents, catchUpTables, writeBatch, type CatchUpTarget } from "./catch-up.ts";
import { matches } from "../events/filter.ts";
import { createBatch } from "./statement-batch.ts";
import { takeBuildingLease, type BuildingLease } from "./leases.ts";
import { keyOf } from "../storage/read-model-names.ts";
import { modelsOf } from "../storage/capabilities.ts";
import { createAbort, sleep, type AbortControllerLike } from "../platform.ts";
import type { ModelBatch, ModelOutcome, ModelState, StorageNews } from "../storage/protocol.ts";
import type { StoreContext } from "../storage/store-context.ts";

/** A client that is further behind than this many positions catches up under a lease, so that only one client does the work. */
const NEAR = 1_000;

/** The pause before another attempt while others hold the write lock, in milliseconds. */
const PAUSE = 100;

/** The progress of a model, as one client knows it. */
export interface ProjectorState {
  /** The position up to which every event is in the tables. */
  readonly position: number;
  readonly head: number;
  readonly built: boolean;
}

export interface ProjectorEvents {
  /** Called when this or another client has advanced the tables; `changed` tells whether rows may have changed. */
  reached(state: ProjectorState, changed: boolean): void;
  fail(error: unknown): void;
}

export interface Projector {
  /** Takes note of a state of the tables that another call returned. */
  learn(state: ModelState): void;
  /** Stops. Resolves once the last write has ended. */
  stop(): Promise<void>;
}

/**
 * Keeps a model's tables up to date. Statements and checkpoint go to the storage as one request, which does nothing if another client
 * has moved the checkpoint: then the projector continues from there. Unlike a plain subscription, only one client reads a long
 * history, under a lease, and the others skip what it has written.
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
  const target: CatchUpTarget = { context, model, set: "used", apply, written };
  let stopped = false;
  let known = start;
  /** The position up to which every event is known to be in the tables; the newest known position is `head`. */
  let seen = start.checkpoint;
  let head = seen;
  /** The newest announced generation, and its epoch. */
  let heard = { generation: start.generation, epoch: 0 };
  let asking = false;
  /** The number of batches being written. */
  let writing = 0;
  /** Set while waiting for the building lease, and `lease` while holding it. */
  let waiting: AbortControllerLike | undefined;
  let lease: BuildingLease | undefined;

  const ended = patiently(run).catch((error: unknown) => {
    if (!stopped) fail(error);
  });

  /** Repeats work while the storage is busy: others that hold the write lock for long delay the projector, but do not end it. */
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
    // The notifier does not report events that were stored before.
    await catchUp();
    while (!stopped) {
      following.position = seen;
      const tail = following.tail();
      if (tail === undefined || !known.built) await catchUp();
      else if (tail.head > seen) await take(tail.events, tail.head);
      else await new Promise<void>(following.news);
    }
  }

  /** Reads the events that are older than those the notifier keeps. */
  async function catchUp(): Promise<void> {
    head = Math.max(head, await storage.head());
    if (head - seen > NEAR) await buildAlone();
    else await walk();
  }

  /** Catches up under the building lease. The wait for it ends if its holder has done the work meanwhile. */
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
    const end = await catchUpTables(target, history);
    if (end !== undefined) arrive(end);
  }

  async function goOn(): Promise<boolean> {
    return !stopped && (lease === undefined || (await lease.hold()));
  }

  async function take(events: readonly StoredEvent[], to: number): Promise<void> {
    const batch = createBatch(model, "used", known.checkpoint);
    const wanted = events.filter((event) => matches(filter, event));
    await addEvents(target, batch, wanted, to);
    const due = batch.size() > 0 || to - known.checkpoint >= SILENT_POSITIONS;
    if (!due || (await writeBatch(target, batch, to, to))) arrive(to);
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
    // No generation means that the tables are gone. After a new epoch, announcements may have been missed.
    const told = generations === undefined ? 0 : (generations[key] ?? Infinity);
    const lapsed = heard.epoch !== 0 && epoch !== heard.epoch ? Infinity : 0;
    heard = { epoch, generation: Math.max(heard.generation, told, lapsed) };
    void ask();
  }

  /** Reads the state that another client has written. Most announcements are of this client's own writes, whose state is known. */
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
