import { isEventStoreError, type EventStore, type NewEvent, type StoredEvent } from "rivulet";
import type { CounterEvent } from "./events.ts";
import type { Conflict, ConflictCall, Sender } from "./service.ts";

/**
 * Two writers read the same version of a counter, and both append to it. The second append is refused with the events
 * that it had not seen, and is retried on the new version. Others may append meanwhile, whenever they like.
 */
export async function provokeConflict(
  store: EventStore,
  stream: string,
  sender: Sender,
  onWritten: ConflictCall["onWritten"],
): Promise<Conflict> {
  const by = (writer: string, step: number): NewEvent<CounterEvent> => {
    return { type: "incremented", data: { by: step }, metadata: { ...sender, writer } };
  };
  const first = await insist(store, stream, by("first", 1), await store.stream(stream).version());
  onWritten?.();
  const second = await insist(store, stream, by("second", 10), first.expected);
  return {
    expected: first.expected,
    winner: first.version,
    actual: second.expected,
    unseen: second.unseen,
    retried: second.version,
  };
}

interface Insisted {
  /** The version that was expected at last. */
  readonly expected: number;
  readonly version: number;
  /** The events that were not known at first. */
  readonly unseen: readonly StoredEvent[];
}

/** Appends an event, expecting a version; after each conflict, it expects the newer one. */
async function insist(
  store: EventStore,
  stream: string,
  event: NewEvent<CounterEvent>,
  version: number,
): Promise<Insisted> {
  const unseen: StoredEvent[] = [];
  for (let expected = version; ;) {
    try {
      const stored = await store.stream<CounterEvent>(stream).append(event, { expectedVersion: expected });
      return { expected, version: stored.version, unseen };
    } catch (error) {
      if (!isEventStoreError(error, "version-conflict")) throw error;
      unseen.push(...error.details.events);
      expected = error.details.actual;
    }
  }
}
