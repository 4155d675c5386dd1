import { isEventStoreError, type EventStore } from "rivulet";
import type { CounterEvent } from "./events.ts";
import type { Conflict } from "./service.ts";

/**
 * Two writers read the same version of a counter, and both append to it. The second append is refused with the events
 * that it had not seen, and is retried on the new version.
 */
export async function provokeConflict(store: EventStore, stream: string, tab: string): Promise<Conflict> {
  const counter = store.stream<CounterEvent>(stream);
  const expected = await counter.version();

  const winner = await counter.append(
    { type: "incremented", data: { by: 1 }, metadata: { tab, writer: "first" } },
    { expectedVersion: expected },
  );
  const second = { type: "incremented", data: { by: 10 }, metadata: { tab, writer: "second" } } as const;
  try {
    await counter.append(second, { expectedVersion: expected });
  } catch (error) {
    if (!isEventStoreError(error, "version-conflict")) throw error;
    const { actual, events: unseen } = error.details;
    const retried = await counter.append(second, { expectedVersion: actual });
    return {
      expected,
      winner: winner.version,
      actual,
      unseen,
      retried: retried.version,
    };
  }
  throw new Error("the second writer was not refused");
}
