import { invalidArgument } from "../errors.ts";
import type { ConsumerMove, ConsumerOutcome } from "./consumer-protocol.ts";
import type { Fence } from "./protocol.ts";

/** The owner of a consumer's parked events, in a table that read models share. */
export function ownerOf(consumer: string): string {
  return `consumer/${consumer}`;
}

/** The consumer that is an owner. */
export function consumerOf(owner: string): string {
  return owner.slice(ownerOf("").length);
}

/** A planned move: the new checkpoint (undefined: unchanged), or why nothing is done. */
export type PlannedMove =
  | { readonly done: true; readonly to: number | undefined }
  | { readonly done: false; readonly outcome: ConsumerOutcome };

/** Plans a move of a checkpoint that is at `found`. @throws `invalid-argument` for a checkpoint that goes back or is beyond the head. */
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
    throw invalidArgument("checkpoint", `the checkpoint ${to} is beyond the head ${head}`);
  }
  if (to < (found ?? 0)) throw invalidArgument("checkpoint", `a checkpoint cannot go back from ${found} to ${to}`);
  return { done: true, to };
}
