import type { ConsumerMove, ConsumerOutcome, ConsumerParkedQuery, ConsumerParked } from "../consumer-protocol.ts";
import { ownerOf, refuseWrongCheckpoint } from "../consumer-rules.ts";
import type { Fence } from "../protocol.ts";

/** Consumers of the reference implementation. */
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
      const { name, fence, checkpoint, park, unpark } = move;
      if (!stands(fence)) return { outcome: "fenced" };
      const found = checkpoints.get(name) ?? null;
      if (checkpoint !== undefined && checkpoint.from !== found) return { outcome: "moved", checkpoint: found };
      refuseWrongCheckpoint(move, head);
      if (checkpoint !== undefined) checkpoints.set(name, checkpoint.to);
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
