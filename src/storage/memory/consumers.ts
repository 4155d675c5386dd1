import type { ConsumerParked, ConsumerStorage } from "../consumer-protocol.ts";
import { ownerOf, planMove } from "../consumer-rules.ts";
import type { Fence, ParkedRecord, StoredRecord } from "../protocol.ts";
import type { Synchronous } from "../synchronous.ts";

/** The consumers' checkpoints and parked events of the memory storage. */
export function createMemoryConsumers(
  stands: (fence: Fence) => boolean,
  events: readonly StoredRecord[],
): Synchronous<ConsumerStorage> {
  const checkpoints = new Map<string, number>();
  const toParkedRecord = (record: ConsumerParked): ParkedRecord => {
    const { id, type } = events[record.position - 1] as StoredRecord;
    return { ...record, id, type };
  };
  const parked = new Map<string, Map<number, ConsumerParked>>();

  return {
    loadCheckpoint: (name) => checkpoints.get(name) ?? null,
    moveConsumer(move) {
      const { name, park, unpark } = move;
      const plan = planMove(move, stands, checkpoints.get(name) ?? null, events.length);
      if (!plan.done) return plan.outcome;
      if (plan.to !== undefined) checkpoints.set(name, plan.to);
      const own = parked.get(ownerOf(name)) ?? new Map<number, ConsumerParked>();
      parked.set(ownerOf(name), own);
      if (park !== undefined) own.set(park.position, park);
      if (unpark !== undefined) own.delete(unpark);
      return { outcome: "done" };
    },
    listConsumerParked: ({ owner, after, limit }) =>
      [...(parked.get(owner)?.values() ?? [])]
        .filter(({ position }) => position > after)
        .sort((a, b) => a.position - b.position)
        .slice(0, limit)
        .map(toParkedRecord),
  };
}
