import { invalidArgument } from "../errors.ts";
import type { ConsumerMove } from "./consumer-protocol.ts";

/** Whose what is parked is: read models park as well. */
export function ownerOf(consumer: string): string {
  return `consumer/${consumer}`;
}

/** Throws `invalid-argument` for a checkpoint that cannot be. */
export function refuseWrongCheckpoint({ checkpoint }: ConsumerMove, head: number): void {
  if (checkpoint === undefined) return;
  const { from, to } = checkpoint;
  if (to > head) {
    throw invalidArgument("checkpoint", `a checkpoint at ${to} cannot be: the store is at position ${head}`);
  }
  if (to < (from ?? 0)) throw invalidArgument("checkpoint", `a checkpoint does not go back from ${from} to ${to}`);
}
