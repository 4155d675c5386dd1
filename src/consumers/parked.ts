import { EventStoreError } from "../errors.ts";
import type { Delivery } from "./delivery.ts";
import type { ConsumerRun } from "./retry.ts";
import type { AbortSignalLike } from "../platform.ts";
import type { ParkedEvent } from "../read-models/read-model.ts";
import type { ConsumerRequests } from "./run-consumer.ts";
import { ownerOf } from "../storage/consumer-rules.ts";
import type { ParkedRecord } from "../storage/protocol.ts";
import { eventAt } from "../read/event-at.ts";
import type { StoreContext } from "../storage/store-context.ts";

const PAGE = 100;

/** Resolves with the parked events of a consumer, in order. */
export async function listParked(context: StoreContext, name: string): Promise<ParkedEvent[]> {
  const all: ParkedEvent[] = [];
  for await (const { id, ...parked } of walk(context, name)) all.push({ ...parked, eventId: id });
  return all;
}

/** Calls the handler once more for each parked event, if that was requested. */
export async function retryParked(
  run: ConsumerRun,
  requests: ConsumerRequests,
  delivery: Delivery,
  over: AbortSignalLike,
): Promise<void> {
  const asked = requests.take();
  if (asked.length === 0) return;
  try {
    for await (const { position, attempts } of walk(run.context, run.parts.name)) {
      if (over.aborted) throw over.reason;
      const event = await eventAt(run.context, position).catch((error: unknown) => {
        // An event that cannot be read stays parked. The requests reject, and the consumer continues.
        for (const { reject } of asked) reject(error);
      });
      if (event === undefined) return;
      await delivery.tryParked(event, attempts);
    }
    for (const { resolve } of asked) resolve();
  } catch (error) {
    for (const { reject } of asked) reject(error);
    throw error;
  }
}

async function* walk(context: StoreContext, name: string): AsyncGenerator<ParkedRecord> {
  for (let after = 0; ;) {
    const page = await context.storage.consumers.listConsumerParked({ owner: ownerOf(name), after, limit: PAGE });
    const last = page.at(-1);
    if (last === undefined) return;
    if (!(last.position > after)) {
      throw new EventStoreError("storage-unavailable", "the storage's list does not go on", { reason: "page" });
    }
    yield* page;
    after = last.position;
  }
}
