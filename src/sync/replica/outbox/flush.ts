import { storeClosed } from "../../../errors.ts";
import { refuseAborted, type AbortSignalLike } from "../../../platform.ts";
import type { ReplicaContext } from "../replica-context.ts";

/** Resolves once nothing is pending. Rejects with the signal's reason, or `store-closed`. */
export async function flush(
  { outbox, changes, closed }: ReplicaContext,
  signal: AbortSignalLike | undefined,
): Promise<void> {
  for (;;) {
    refuseAborted(signal);
    const seen = outbox.changes;
    if ((await outbox.view()).entries.every((entry) => entry.rejected !== null)) return;
    if (closed.aborted) throw storeClosed();
    if (outbox.changes === seen) await changes.wait(signal);
  }
}
