import type { EventStore, Metadata, NewEvent } from "rivulet";
import type { CounterEvent } from "./events.ts";
import type { LongCall, Sender } from "./service.ts";

/** The number of events in one transaction, and so in one flush to disk. */
const BATCH = 500;

/** Appends a random walk. An abort takes effect between two batches. */
export async function appendMany(
  store: EventStore,
  stream: string,
  count: number,
  sender: Sender,
  { onProgress, signal }: LongCall = {},
): Promise<void> {
  const counter = store.stream<CounterEvent>(stream);
  let done = 0;
  for (const events of createSteps(count, { ...sender })) {
    signal?.throwIfAborted();
    await counter.append(events, { expectedVersion: "stream-exists" });
    done += events.length;
    onProgress?.({ done, total: count });
  }
}

/** Creates a random walk in batches, with a little more up than down so that the plot is interesting. */
export function* createSteps(count: number, metadata: Metadata): Generator<readonly NewEvent<CounterEvent>[]> {
  for (let left = count; left > 0; left -= BATCH) {
    yield Array.from({ length: Math.min(BATCH, left) }, () => drawn(metadata));
  }
}

function drawn(metadata: Metadata): NewEvent<CounterEvent> {
  const by = 1 + Math.floor(Math.random() * 5);
  return { type: Math.random() < 0.52 ? "incremented" : "decremented", data: { by }, metadata };
}
