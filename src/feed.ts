import { modelFailed, type CompiledModel } from "./define-read-model.ts";
import type { StoredEvent } from "./event.ts";
import { matches } from "./filter.ts";
import { createBatch, type BatchBuilder } from "./model-batch.ts";
import { modelsOf } from "./models-of.ts";
import type { Waiter } from "./notifier.ts";
import { createPager } from "./pager.ts";
import type { ProjectionSource } from "./projection.ts";

/** One transaction holds about so many statements while a model catches up. */
const STATEMENTS = 1_000;

/** Where nothing concerns the model, its checkpoint is written once in so many positions. */
const SILENT_POSITIONS = 10_000;

export interface FeedEvents {
  /** Every event up to `position` is in the tables, which have `changed` or not; the store is known to go to `head`. */
  reached(position: number, head: number, changed: boolean): void;
  fail(error: unknown): void;
}

export interface Feed {
  /** Empties the tables and starts again; resolves when they are empty. */
  reset(): Promise<void>;
  /** Resolves when nothing more is written. */
  stop(): Promise<void>;
}

/**
 * Keeps a model's tables up to date. Statements and checkpoint go to the storage as one request, which does nothing unless
 * the checkpoint stands where this feed believes it to be: where somebody else has moved it, it goes on from there.
 */
export function startFeed(
  source: ProjectionSource,
  model: CompiledModel,
  start: number,
  { reached, fail }: FeedEvents,
): Feed {
  const models = modelsOf(source.storage);
  const { notifier } = source;
  const filter = { types: model.types };
  const attachment = notifier.attach();
  const waiter: Waiter = {
    offer: () => (wake?.(), true),
    // Asking for the tail then throws.
    fail: () => wake?.(),
  };
  let stopped = false;
  let wake: (() => void) | undefined;
  let resets: { resolve(): void; reject(error: unknown): void }[] = [];
  /** What the tables are known to stand at, and what need not be looked at again. */
  let checkpoint = start;
  let seen = start;

  const ended = run().catch((error: unknown) => {
    for (const { reject } of resets) reject(error);
    resets = [];
    if (!stopped) fail(error);
  });

  async function run(): Promise<void> {
    await attachment.ready;
    // Once more where the notifier has not heard of what is already there.
    await catchUp();
    while (!stopped) {
      if (resets.length > 0) await startAgain();
      const tail = notifier.tailAfter(seen);
      if (tail === undefined) await catchUp();
      else if (tail.head > seen) await take(tail.events, tail.head);
      else await news();
    }
  }

  async function startAgain(): Promise<void> {
    const asked = resets;
    await models.resetModel(model.record);
    const head = seen;
    checkpoint = seen = 0;
    reached(0, head, true);
    resets = resets.filter((one) => !asked.includes(one));
    for (const { resolve } of asked) resolve();
    await catchUp();
  }

  /** What lies behind the notifier's tail, in transactions of some size. */
  async function catchUp(): Promise<void> {
    const walk = { after: seen, upTo: Number.MAX_SAFE_INTEGER, direction: "forward", filter } as const;
    const pager = createPager(source, walk);
    let batch = createBatch(model);
    for (let page = await pager.next(); page !== undefined; page = await pager.next()) {
      await fill(batch, page);
      if (stopped || resets.length > 0) return;
      if (batch.size < STATEMENTS && pager.cursor - checkpoint < SILENT_POSITIONS) continue;
      if (!(await apply(batch, pager.cursor, pager.head))) return;
      batch = createBatch(model);
    }
    const head = pager.head as number;
    if (batch.size > 0 && !(await apply(batch, head))) return;
    seen = Math.max(seen, head);
    reached(seen, seen, false);
  }

  async function take(events: readonly StoredEvent[], head: number): Promise<void> {
    const batch = createBatch(model);
    await fill(
      batch,
      events.filter((event) => matches(filter, event)),
    );
    if (batch.size > 0 || head - checkpoint >= SILENT_POSITIONS) {
      if (!(await apply(batch, head))) return;
    }
    seen = head;
    reached(seen, seen, false);
  }

  /** What comes before an event that the model cannot take is written all the same. */
  async function fill(batch: BatchBuilder, events: readonly StoredEvent[]): Promise<void> {
    for (const event of events) {
      try {
        batch.add(event);
      } catch (error) {
        await apply(batch, event.position - 1);
        throw error;
      }
    }
  }

  /** False: the tables stood elsewhere, and the feed now stands there too. */
  async function apply(batch: BatchBuilder, to: number, head = to): Promise<boolean> {
    if (to <= checkpoint) return true;
    const answer = await models.applyToModel(batch.build(checkpoint, to));
    if (answer.outcome === "failed") {
      const position = batch.positionOf(answer.run);
      await apply(batch, position - 1);
      throw modelFailed(model.record.name, await eventAt(position), new Error(answer.message));
    }
    checkpoint = seen = answer.outcome === "moved" ? answer.checkpoint : to;
    reached(seen, Math.max(seen, head), true);
    return answer.outcome === "applied";
  }

  async function eventAt(position: number): Promise<StoredEvent> {
    const pager = createPager(source, { after: position - 1, upTo: position, direction: "forward" });
    return ((await pager.next()) as [StoredEvent])[0];
  }

  function news(): Promise<void> {
    return new Promise((resolve) => {
      wake = resolve;
      notifier.park(waiter);
    });
  }

  return {
    reset() {
      const done = new Promise<void>((resolve, reject) => resets.push({ resolve, reject }));
      notifier.unpark(waiter);
      wake?.();
      return done;
    },
    stop() {
      stopped = true;
      notifier.unpark(waiter);
      attachment.detach();
      wake?.();
      return ended;
    },
  };
}
