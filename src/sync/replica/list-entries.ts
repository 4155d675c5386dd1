import type { OutboxEntry } from "../../storage/protocol.ts";
import type { PushedEntry, Reason } from "../messages.ts";
import type { ReplicaContext } from "./replica-context.ts";
import type { OutboxItem } from "./status.ts";

/** Lists pending entries, each with the error that it throws when it is decided again. */
export async function listPending({ context, outbox, predictions }: ReplicaContext): Promise<readonly OutboxItem[]> {
  const view = await outbox.view();
  const pending = view.entries.filter(({ rejected }) => rejected === null);
  const doubts = new Map<string, unknown>();
  for (const stream of new Set(pending.flatMap(({ streams }) => streams))) {
    const prediction = await predictions.of(stream, view, await context.storage.version(stream));
    for (const [id, error] of prediction.doubts) doubts.set(id, error);
  }
  return pending.map((entry) => {
    const item = toItem(entry);
    return doubts.has(entry.id) ? Object.assign(item, { error: doubts.get(entry.id) }) : item;
  });
}

export function toItem({ id, streams, body, timestamp, rejected }: OutboxEntry): OutboxItem {
  const item = { id, streams, entry: JSON.parse(body) as PushedEntry, timestamp };
  return rejected === null ? item : { ...item, rejected: JSON.parse(rejected) as Reason };
}
