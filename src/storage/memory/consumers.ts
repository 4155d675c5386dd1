import type { ConsumerParked, ConsumerStorage } from "../consumer-protocol.ts";
import type { ConsumerSummary } from "../contents-protocol.ts";
import { consumerOf, ownerOf, planMove } from "../consumer-rules.ts";
import type { Fence, ParkedRecord, StoredRecord } from "../protocol.ts";
import type { Synchronous } from "../synchronous.ts";

/** The consumers' checkpoints and parked events of the memory storage. */
export function createMemoryConsumers(
  stands: (fence: Fence) => boolean,
  events: readonly StoredRecord[],
): { readonly verbs: Synchronous<ConsumerStorage>; list(): ConsumerSummary[] } {
  const checkpoints = new Map<string, number>();
  const toParkedRecord = (record: ConsumerParked): ParkedRecord => {
    const { id, type } = events[record.position - 1] as StoredRecord;
    return { ...record, id, type };
  };
  const parked = new Map<string, Map<number, ConsumerParked>>();

  const verbs: Synchronous<ConsumerStorage> = {
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
  const isListed = (name: string): boolean => checkpoints.has(name) || (parked.get(ownerOf(name))?.size ?? 0) > 0;

  return {
    verbs,
    list: () =>
      [...new Set([...checkpoints.keys(), ...Array.from(parked.keys(), consumerOf)])]
        .filter(isListed)
        .map((name) => ({ name, checkpoint: checkpoints.get(name) ?? null })),
  };
}
