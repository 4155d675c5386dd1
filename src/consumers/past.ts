import { EventStoreError, invalidArgument } from "../errors.ts";
import { createPager } from "../read/pager.ts";
import type { EventStorage } from "../storage/protocol.ts";
import type { ConsumerCheckpoint } from "./consumer.ts";

/** Resolves with the id of the event at a position, or undefined if there is none. Rejects with `storage-corrupt` if it cannot be read. */
export async function eventIdAt(storage: EventStorage, position: number): Promise<string | undefined> {
  // Read as it is stored, since the definitions need not know events of this type.
  const pager = createPager({ storage }, { after: position - 1, upTo: position, direction: "forward" });
  // After a page that could not be read, the pager returns an empty one, and then one event at a time.
  for (let page = await pager.next(); page !== undefined; page = await pager.next()) {
    if (page.length > 0) return page[0]?.id;
  }
  return undefined;
}

/** Checks what `load` returned. @throws `invalid-argument` for anything but a checkpoint, a position or nothing. */
export function toCheckpoint(found: unknown): Partial<ConsumerCheckpoint> & { readonly position: number } {
  if (found === undefined || found === null) return { position: 0 };
  if (isPosition(found)) return { position: found };
  const { position, lineage, eventId } = found as { [Key in keyof ConsumerCheckpoint]?: unknown };
  if (isPosition(position) && isName(lineage) && (isName(eventId) || eventId === undefined || eventId === null)) {
    return { position, lineage, ...(isName(eventId) && { eventId }) };
  }
  const message = `load gave ${typeof found === "number" ? found : `a value of type ${typeof found}`}, which is neither a position nor a checkpoint: give back what save was given`;
  throw invalidArgument("checkpoint", message);
}

/**
 * Refuses a checkpoint of another history: with `lineage-changed`, or, for a bare position, with `invalid-argument` if it is beyond
 * the head.
 */
export async function refuseOtherPast(
  name: string,
  { position, lineage, eventId }: ReturnType<typeof toCheckpoint>,
  storage: EventStorage,
  present: { readonly lineage: string; readonly head: number },
): Promise<void> {
  if (position === 0) return;
  if (lineage === undefined) {
    if (position <= present.head) return;
    const message = `checkpoint: the consumer "${name}" stands at ${position}, and the store only at ${present.head}: is it another store?`;
    throw invalidArgument("checkpoint", message);
  }
  const found = position > present.head ? undefined : await eventIdAt(storage, position);
  if (lineage === present.lineage && found !== undefined && (eventId === undefined || eventId === found)) return;
  const why =
    lineage !== present.lineage
      ? `this store is another one, or was imported: its lineage is ${present.lineage}`
      : found === undefined
        ? `this store is only at ${present.head}: it was restored from a copy`
        : "this store has another event there: it was restored from a copy";
  throw new EventStoreError(
    "lineage-changed",
    `the consumer "${name}" has handled events up to position ${position} of another history, and ${why}. ` +
      "Clear what it wrote together with its checkpoint, and it begins anew",
    {
      name,
      position,
      expected: { lineage, ...(eventId !== undefined && { eventId }) },
      found: { lineage: present.lineage, ...(found !== undefined && { eventId: found }) },
    },
  );
}

function isPosition(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
