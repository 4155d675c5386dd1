import type { CompiledModel } from "./define-read-model.ts";
import { causeOf } from "./catch-up.ts";
import { createBatch } from "./statement-batch.ts";
import { modelsOf } from "../storage/capabilities.ts";
import type { ParkedEvent } from "./read-model.ts";
import type { ModelRetry, ModelState, ParkedRecord } from "../storage/protocol.ts";
import { eventAt } from "../read/event-at.ts";
import type { StoreContext } from "../storage/store-context.ts";

/** Resolves with the parked events of a model, in the order of positions. Rejects with one of the storage codes. */
export async function listParked(context: StoreContext, { record }: CompiledModel): Promise<ParkedEvent[]> {
  const records = await modelsOf(context.storage).listParked(record);
  return records.map(toParkedEvent);
}

function toParkedEvent({ id, ...parked }: ParkedRecord): ParkedEvent {
  return { ...parked, eventId: id };
}

/** Handles all parked events again, in order, and reports each that the tables now contain. Rejects with one of the storage codes. */
export async function retryParked(
  context: StoreContext,
  model: CompiledModel,
  taken: (state: ModelState) => void,
): Promise<void> {
  const models = modelsOf(context.storage);
  for (const { position } of await models.listParked(model.record)) {
    const answer = await models.retryParked(await prepareRetry(context, model, position));
    if (answer.outcome === "applied") taken(answer.state);
  }
}

async function prepareRetry(context: StoreContext, model: CompiledModel, position: number): Promise<ModelRetry> {
  const { name, schema } = model.record;
  const event = await eventAt(context, position);
  const retry = { name, schema, position, timestamp: context.clock() };
  const batch = createBatch(model, "used", position - 1);
  try {
    batch.add(event);
    const { texts, runs, timeout } = batch.build(position, false);
    return { ...retry, texts, runs, timeout };
  } catch (error) {
    return { ...retry, texts: [], runs: [], failure: causeOf(error) };
  }
}
