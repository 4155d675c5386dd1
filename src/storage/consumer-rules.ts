import { invalidArgument } from "../errors.ts";
import type { ConsumerMove, ConsumerOutcome } from "./consumer-protocol.ts";
import type { Fence } from "./protocol.ts";

/** Whose what is parked is: read models park as well. */
export function ownerOf(consumer: string): string {
  return `consumer/${consumer}`;
}

/** What a move does to a checkpoint that stands at `found`: where to, or why it is not done. */
export type PlannedMove =
  | { readonly done: true; readonly to: number | undefined }
  | { readonly done: false; readonly outcome: ConsumerOutcome };

/** Whether a move is done, and where the checkpoint goes. Throws `invalid-argument` for a checkpoint that cannot be. */
export function planMove(
  { fence, checkpoint, park, unpark }: ConsumerMove,
  stands: (fence: Fence) => boolean,
  found: number | null,
  head: number,
): PlannedMove {
  const begins = checkpoint?.from === null && park === undefined && unpark === undefined;
  if (fence === undefined ? !begins : !stands(fence)) return { done: false, outcome: { outcome: "fenced" } };
  if (checkpoint === undefined) return { done: true, to: undefined };
  if (checkpoint.from !== found) return { done: false, outcome: { outcome: "moved", checkpoint: found } };
  const to = checkpoint.to === "head" ? head : checkpoint.to;
  if (to > head) {
    throw invalidArgument("checkpoint", `a checkpoint at ${to} cannot be: the store is at position ${head}`);
  }
  if (to < (found ?? 0)) throw invalidArgument("checkpoint", `a checkpoint does not go back from ${found} to ${to}`);
  return { done: true, to };
}
