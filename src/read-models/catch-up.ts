import { modelFailed, type CompiledModel } from "./define-read-model.ts";
import { isEventStoreError, messageOf } from "../errors.ts";
import type { StoredEvent } from "../event.ts";
import { createBatch, type BatchBuilder } from "./statement-batch.ts";
import type { TableSet } from "../storage/read-model-names.ts";
import { createPager } from "../read/pager.ts";
import { readColumns } from "./page-columns.ts";
import type { ModelBatch, ModelOutcome, ModelState } from "../storage/protocol.ts";
import { SILENT_POSITIONS } from "../subscriptions/subscription.ts";
import { eventAt } from "../read/event-at.ts";
import type { StoreContext } from "../storage/store-context.ts";

/** About how many statements one transaction holds while a model catches up. */
const STATEMENTS = 1_000;

/** The tables that catch up: one set of a model's tables, and how their batches are written. */
export interface CatchUpTarget {
  readonly context: StoreContext;
  readonly model: CompiledModel;
  readonly set: TableSet;
  /** Sends a batch to the storage. */
  apply(batch: ModelBatch): Promise<ModelOutcome>;
  /** Called after each transaction with the state of the tables and the known head. */
  written(state: ModelState, head: number): void;
}

/** Where catching up begins and how it ends. */
export interface History {
  /** The checkpoint of the tables. */
  readonly from: number;
  /** The position after which events are read: none up to it is missing in the tables. */
  readonly after: number;
  /** Whether the tables are complete once they have reached the head. */
  readonly completes: boolean;
  /** Called after each page. False ends it. */
  goOn(): Promise<boolean>;
}

/**
 * Brings tables up to the head, in several transactions. Each does nothing unless the tables have the expected checkpoint. Resolves
 * with the head that was reached, or with undefined if `goOn` ended it or another client has moved the checkpoint.
 */
export async function catchUpTables(target: CatchUpTarget, history: History): Promise<number | undefined> {
  const { context, model, set } = target;
  const { from, after, completes, goOn } = history;
  // Upcasters may look at every field.
  const some = context.format === undefined && model.fields !== undefined && { fields: model.fields, columns: true };
  const filter = { types: model.types };
  const walk = { after, upTo: Number.MAX_SAFE_INTEGER, direction: "forward", filter, ...some } as const;
  const pager = createPager(context, walk, undefined, some ? readColumns : undefined);
  let batch = createBatch(model, set, from);
  for (let page = await pager.next(); page !== undefined; page = await pager.next()) {
    await addEvents(target, batch, page, pager.head as number);
    if (!(await goOn())) return undefined;
    if (batch.size() < STATEMENTS && pager.cursor - batch.from < SILENT_POSITIONS) continue;
    if (!(await writeBatch(target, batch, pager.cursor, pager.head as number))) return undefined;
    batch = createBatch(model, set, pager.cursor);
  }
  const head = Math.max(pager.head as number, batch.from);
  if (batch.size() === 0 && !completes) return head;
  return (await writeBatch(target, batch, head, head, completes)) ? head : undefined;
}

/** Adds events to a batch. Rejects with `projection-failed` at an event that stops the model, after writing those before it. */
export async function addEvents(
  target: CatchUpTarget,
  batch: BatchBuilder,
  events: readonly StoredEvent[],
  head: number,
): Promise<void> {
  const { model, context } = target;
  for (const event of events) {
    try {
      batch.add(event);
    } catch (error) {
      if (!model.parks) {
        await writeBatch(target, batch, event.position - 1, head);
        throw event.id === "" ? await withWhole(target, event, error) : error;
      }
      batch.park({ position: event.position, message: causeOf(error), timestamp: context.clock() });
    }
  }
}

/** Writes a batch. Resolves with false if the tables have another checkpoint. Rejects with `projection-failed` for a statement that fails. */
export async function writeBatch(
  target: CatchUpTarget,
  batch: BatchBuilder,
  to: number,
  head: number,
  completes = false,
): Promise<boolean> {
  const { context, model, apply, written } = target;
  if (to < batch.from || (to === batch.from && !completes)) return true;
  const answer = await apply(batch.build(to, completes));
  if (answer.outcome !== "failed") {
    written(answer.state, Math.max(head, to));
    return answer.outcome === "applied";
  }
  const position = batch.positionOf(answer.run);
  // Write the events before it first, so that their statements do not run again for every later one that fails.
  if (!(await writeBatch(target, batch, position - 1, head))) return false;
  if (!model.parks) throw modelFailed(model.record.name, await eventAt(context, position), new Error(answer.message));
  const rest = batch.rest(position - 1);
  rest.park({ position, message: answer.message, timestamp: context.clock() });
  return writeBatch(target, rest, to, head, completes);
}

/** Returns the same error about the whole event, of which only some fields were read. */
async function withWhole(
  { context, model }: CatchUpTarget,
  { position }: StoredEvent,
  error: unknown,
): Promise<unknown> {
  if (!isEventStoreError(error, "projection-failed")) return error;
  return modelFailed(model.record.name, await eventAt(context, position), error.cause);
}

/** Returns the message of the error that a handler threw. */
export function causeOf(error: unknown): string {
  return messageOf(isEventStoreError(error, "projection-failed") ? error.cause : error);
}
