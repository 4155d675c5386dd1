import { invalidArgument, mustBe } from "../../../errors.ts";
import type { OutboxEntry } from "../../../storage/protocol.ts";
import type { PushedEntry, Reason } from "../../messages.ts";
import { identityOf, queueEntry } from "./queue-entry.ts";
import type { ReplicaContext } from "../replica-context.ts";
import type { Replica } from "../replica-methods.ts";
import type { OutboxItem } from "../status/status.ts";

/** The methods of a replica that list and settle what is in its outbox. */
export function createOutboxMethods(
  parts: ReplicaContext,
): Pick<Replica, "pending" | "rejected" | "retry" | "discard"> {
  const { context, sync, outbox } = parts;

  async function find(id: string): Promise<OutboxEntry | undefined> {
    if (typeof id !== "string") throw mustBe("id", "a string");
    return (await outbox.view()).entries.find((entry) => entry.id === id);
  }

  return {
    pending: () => listPending(parts),
    rejected: async () => (await outbox.view()).entries.filter(({ rejected }) => rejected !== null).map(toItem),
    async retry(id) {
      const entry = await find(id);
      if ((entry?.rejected ?? null) === null) throw invalidArgument("id", "no rejected command or append has this id");
      const again = { ...(JSON.parse((entry as OutboxEntry).body) as PushedEntry), key: context.newId() };
      await queueEntry(parts, again, { replaces: id });
      return identityOf(context, again).id;
    },
    async discard(id) {
      const entry = await find(id);
      if (entry?.rejected === null) throw invalidArgument("id", "this is pending: the hub may have taken it already");
      await sync.settle({ id, rejected: null });
      outbox.changed();
    },
  };
}

/** Lists pending entries, each with the error that it throws when it is decided again. */
async function listPending({ context, outbox, predictions }: ReplicaContext): Promise<readonly OutboxItem[]> {
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
