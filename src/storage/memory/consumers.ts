import type { ConsumerMove, ConsumerOutcome, ConsumerParkedQuery, ConsumerParked } from "../consumer-protocol.ts";
import { ownerOf, planMove } from "../consumer-rules.ts";
import type { Fence } from "../protocol.ts";

/** The consumers' checkpoints and parked events of the memory storage. */
export interface MemoryConsumers {
  load(name: string): number | null;
  move(move: ConsumerMove, head: number): ConsumerOutcome;
  parked(query: ConsumerParkedQuery): readonly ConsumerParked[];
}

export function createMemoryConsumers(stands: (fence: Fence) => boolean): MemoryConsumers {
  const checkpoints = new Map<string, number>();
  const parked = new Map<string, Map<number, ConsumerParked>>();

  return {
    load: (name) => checkpoints.get(name) ?? null,
    move(move, head) {
      const { name, park, unpark } = move;
      const plan = planMove(move, stands, checkpoints.get(name) ?? null, head);
      if (!plan.done) return plan.outcome;
      if (plan.to !== undefined) checkpoints.set(name, plan.to);
      const own = parked.get(ownerOf(name)) ?? new Map<number, ConsumerParked>();
      parked.set(ownerOf(name), own);
      if (park !== undefined) own.set(park.position, park);
      if (unpark !== undefined) own.delete(unpark);
      return { outcome: "done" };
    },
    parked: ({ owner, after, limit }) =>
      [...(parked.get(owner)?.values() ?? [])]
        .filter(({ position }) => position > after)
        .sort((a, b) => a.position - b.position)
        .slice(0, limit),
  };
}
