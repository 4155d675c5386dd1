import type { EventStore, NewEvent } from "rivulet";
import type { CounterEvent } from "./events.ts";
import type { LongCall } from "./service.ts";

/** The number of events in one transaction, and so in one flush to disk. */
const BATCH = 500;

/**
 * Appends a random walk, with a little more up than down so that the plot is interesting. An abort takes effect between
 * two batches.
 */
export async function appendMany(
  store: EventStore,
  stream: string,
  count: number,
  tab: string,
  { onProgress, signal }: LongCall = {},
): Promise<void> {
  const counter = store.stream<CounterEvent>(stream);
  for (let done = 0; done < count;) {
    signal?.throwIfAborted();
    const size = Math.min(BATCH, count - done);
    await counter.append(
      Array.from({ length: size }, () => drawn(tab)),
      { expectedVersion: "stream-exists" },
    );
    done += size;
    onProgress?.({ done, total: count });
  }
}

function drawn(tab: string): NewEvent<CounterEvent> {
  const by = 1 + Math.floor(Math.random() * 5);
  return { type: Math.random() < 0.52 ? "incremented" : "decremented", data: { by }, metadata: { tab, many: true } };
}
