import { storeClosed } from "../../../errors.ts";
import { refuseAborted, type AbortSignalLike } from "../../../platform.ts";
import type { ReplicaContext } from "../replica-context.ts";

/** Resolves once nothing is pending. Rejects with the signal's reason, or `store-closed`. */
export async function flush(
  { outbox, changes, closed, isAsked }: ReplicaContext,
  signal: AbortSignalLike | undefined,
): Promise<void> {
  for (;;) {
    refuseAborted(signal);
    const seen = outbox.changes();
    // While the application is asked about a refused entry, its answer is still to come.
    if ((await outbox.view()).entries().every((entry) => entry.rejected !== null && !isAsked(entry.id))) return;
    if (closed.aborted) throw storeClosed();
    if (outbox.changes() === seen) await changes.wait(signal);
  }
}
