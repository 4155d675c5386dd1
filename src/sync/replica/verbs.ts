/** What the verbs of a replica do. It is loaded when one of them is first used. */
import { createReceipts } from "./outbox/receipts.ts";
import { createQueue } from "./outbox/queue.ts";
import { createStreamPredictions } from "./pending/stream-predictions.ts";
import type { ReplicaContext, StartContext } from "./replica-context.ts";

// See parts.ts.
export { startReplica } from "./replica.ts";

export { flush } from "./outbox/flush.ts";
export { discard, listPending, listRejected, retry } from "./outbox/outbox-methods.ts";
export { queueAppend, toAppends } from "./outbox/queue-append.ts";
export { queueCommand } from "./outbox/queue-command.ts";
export { follow, unfollow } from "./outbox/followed.ts";
export { keepState } from "./reading/live-pending.ts";
export { loadAllShown, loadShown, versionOf } from "./reading/load-shown.ts";
export { eventsOf } from "./reading/read-shown.ts";
export { watchShown } from "./reading/watch-shown.ts";

/** Makes what the verbs of a replica share. */
export function createContext(start: StartContext): ReplicaContext {
  const { context, deciders, outbox, sync } = start;
  const predictions = createStreamPredictions(context, deciders);
  return { ...start, predictions, receipts: createReceipts(start), queue: createQueue(outbox, sync, context.pause) };
}
