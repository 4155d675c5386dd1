/** Lists and settles what is in the outbox. */
import { commandKey } from "../../../deciders/idempotency-key.ts";
import { invalidArgument, mustBe } from "../../../errors.ts";
import type { OutboxEntry } from "../../../storage/protocol.ts";
import type { PushedEntry } from "../../messages.ts";
import type { ReplicaContext } from "../replica-context.ts";
import type { OutboxItem } from "../status/status.ts";
import { afterStep } from "../outbox-view.ts";
import { toItem } from "../to-item.ts";
import { identityOf, identityOfCommand, toEnqueue } from "./queue-entry.ts";

/** Lists pending entries, each with the error that it throws when it is decided again. */
export async function listPending({ context, outbox, predictions }: ReplicaContext): Promise<readonly OutboxItem[]> {
  const view = await outbox.view();
  const pending = view.entries().filter(({ rejected }) => rejected === null);
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

export async function listRejected({ outbox }: ReplicaContext): Promise<readonly OutboxItem[]> {
  return (await outbox.view())
    .entries()
    .filter(({ rejected }) => rejected !== null)
    .map(toItem);
}

/** Queues a rejected entry again, as another one. Resolves with its id. @throws `invalid-argument`. */
export async function retry(parts: ReplicaContext, id: string): Promise<string> {
  const { context, queue } = parts;
  const entry = await find(parts, id);
  if ((entry?.rejected ?? null) === null) throw invalidArgument("id", "no rejected command or append has this id");
  const again = { ...(JSON.parse((entry as OutboxEntry).body) as PushedEntry), key: context.newId() };
  const identity =
    again.kind === "append" ? identityOf(again) : identityOfCommand(commandKey(context, again.stream, again.key));
  const request = toEnqueue(parts, identity, again, { replaces: id });
  return queue(async () => ({ request, streams: [], settle: () => identity.id }));
}

/** Drops a rejected entry. @throws `invalid-argument` if it is pending. */
export async function discard(parts: ReplicaContext, id: string): Promise<void> {
  const entry = await find(parts, id);
  if (entry?.rejected === null) throw invalidArgument("id", "this is pending: the hub may have taken it already");
  await parts.outbox.change(
    () => parts.sync.settle({ id, rejected: null }),
    afterStep((one) => (one.id === id ? undefined : one)),
  );
}

async function find({ outbox }: ReplicaContext, id: string): Promise<OutboxEntry | undefined> {
  if (typeof id !== "string") throw mustBe("id", "a string");
  return (await outbox.view()).reading.byId().get(id);
}
