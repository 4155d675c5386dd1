import { modelFailed, type CompiledModel } from "./define-read-model.ts";
import { isEventStoreError, messageOf } from "../errors.ts";
import type { StoredEvent } from "../event.ts";
import { createBatch, type BatchBuilder } from "./statement-batch.ts";
import type { TableSet } from "../storage/read-model-names.ts";
import { createPager } from "../read/pager.ts";
import type { ModelBatch, ModelOutcome, ModelState } from "../storage/protocol.ts";
import { SILENT_POSITIONS } from "../subscriptions/subscription.ts";
import { eventAt } from "../read/event-at.ts";
import type { StoreContext } from "../storage/store-context.ts";

/** One transaction holds about so many statements while a model catches up. */
const STATEMENTS = 1_000;

/** One set of a model's tables, and whoever wants to know how they fill. */
export interface Filling {
  readonly context: StoreContext;
  readonly model: CompiledModel;
  readonly set: TableSet;
  /** Sends a batch to the storage. */
  apply(batch: ModelBatch): Promise<ModelOutcome>;
  /** Told after each transaction: how the tables now stand, and the head then known. */
  written(state: ModelState, head: number): void;
}

/** Which part of history, and how it ends. */
export interface History {
  /** Up to where the tables stand. */
  readonly from: number;
  /** Nothing up to here concerns them any more. */
  readonly after: number;
  /** They are complete when it has come to the head. */
  readonly completes: boolean;
  /** Asked after each page. */
  goOn(): Promise<boolean>;
}

/**
 * Fills tables with all of history, in transactions of some size. Each does nothing unless the tables stand where it believes
 * them to stand. Resolves with the head that it came to; undefined: it was not to go on, or somebody else has moved them.
 */
export async function fillTables(filling: Filling, history: History): Promise<number | undefined> {
  const { context, model, set } = filling;
  const { from, after, completes, goOn } = history;
  const walk = { after, upTo: Number.MAX_SAFE_INTEGER, direction: "forward", filter: { types: model.types } } as const;
  const pager = createPager(context, walk);
  let batch = createBatch(model, set, from);
  for (let page = await pager.next(); page !== undefined; page = await pager.next()) {
    await addEvents(filling, batch, page, pager.head as number);
    if (!(await goOn())) return undefined;
    if (batch.size < STATEMENTS && pager.cursor - batch.from < SILENT_POSITIONS) continue;
    if (!(await writeBatch(filling, batch, pager.cursor, pager.head as number))) return undefined;
    batch = createBatch(model, set, pager.cursor);
  }
  const head = Math.max(pager.head as number, batch.from);
  if (batch.size === 0 && !completes) return head;
  return (await writeBatch(filling, batch, head, head, completes)) ? head : undefined;
}

/** What comes before an event that stops the model is written all the same; then this throws `projection-failed`. */
export async function addEvents(
  filling: Filling,
  batch: BatchBuilder,
  events: readonly StoredEvent[],
  head: number,
): Promise<void> {
  const { model, context } = filling;
  for (const event of events) {
    try {
      batch.add(event);
    } catch (error) {
      if (!model.parks) {
        await writeBatch(filling, batch, event.position - 1, head);
        throw error;
      }
      batch.park({ position: event.position, message: causeOf(error), timestamp: context.clock() });
    }
  }
}

/** False: the tables stood elsewhere. Throws `projection-failed` for a statement that cannot be run. */
export async function writeBatch(
  filling: Filling,
  batch: BatchBuilder,
  to: number,
  head: number,
  completes = false,
): Promise<boolean> {
  const { context, model, apply, written } = filling;
  if (to < batch.from || (to === batch.from && !completes)) return true;
  const answer = await apply(batch.build(to, completes));
  if (answer.outcome !== "failed") {
    written(answer.state, Math.max(head, to));
    return answer.outcome === "applied";
  }
  const position = batch.positionOf(answer.run);
  // So that no statement is done over and over, however many fail.
  if (!(await writeBatch(filling, batch, position - 1, head))) return false;
  if (!model.parks) throw modelFailed(model.record.name, await eventAt(context, position), new Error(answer.message));
  const rest = batch.rest(position - 1);
  rest.park({ position, message: answer.message, timestamp: context.clock() });
  return writeBatch(filling, rest, to, head, completes);
}

/** What went wrong, as its own error says it. */
export function causeOf(error: unknown): string {
  return messageOf(isEventStoreError(error, "projection-failed") ? error.cause : error);
}
