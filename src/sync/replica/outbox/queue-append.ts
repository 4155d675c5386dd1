import type { StreamAppend } from "../../../append/append.ts";
import { EventStoreError } from "../../../errors.ts";
import type { ExpectedVersion, NewEvent, StoredEvent } from "../../../event.ts";
import { isExpected } from "../../../storage/plan-append.ts";
import type { EventRecord } from "../../../storage/protocol.ts";
import type { StoreContext } from "../../../storage/store-context.ts";
import type { PushedAppend } from "../../messages.ts";
import type { OutboxView } from "../outbox.ts";
import { toPending, type PendingEvent } from "../pending/predict.ts";
import { identityOf, queueEntry } from "./queue-entry.ts";
import { readOn } from "../pending/read-on.ts";
import type { ReplicaContext } from "../replica-context.ts";
import type { Queued } from "../stream-methods.ts";

/** Queues an append to followed streams, in the place of a rejected entry if one is given. Resolves once it is durable here. */
export async function queueAppend(parts: ReplicaContext, entry: PushedAppend, replaces?: string): Promise<Queued> {
  const { outbox, receipts } = parts;
  const { key } = entry;
  const versioned = entry.entries.some(({ expectedVersion }) => expectedVersion !== "any");
  const find = (): Promise<readonly StoredEvent[] | undefined> => findAppended(parts, entry);
  for (;;) {
    const view = await outbox.view();
    const events = await place(parts, view, entry);
    const outcome = await queueEntry(parts, identityOf(entry), entry, {
      ...(versioned && { generation: view.generation }),
      ...(replaces !== undefined && { replaces }),
    });
    if (outcome === "moved") continue;
    if (replaces !== undefined) receipts.replaced(replaces, key, find);
    return { id: key, events: outcome === "known" ? [] : events, confirmed: receipts.of(key, find) };
  }
}

/** Makes the pending events of a new append, on top of what is pending. @throws `version-conflict`. */
async function place(
  { context, predictions }: ReplicaContext,
  view: OutboxView,
  { entries }: PushedAppend,
): Promise<readonly PendingEvent[]> {
  const versions = new Map<string, number>();
  const timestamp = context.clock();
  const made: PendingEvent[] = [];
  let position = await context.storage.head();
  for (const stream of new Set(entries.map((entry) => entry.stream))) {
    const version = await context.storage.version(stream);
    const { events } = await predictions.of(stream, view, version);
    versions.set(stream, version + events.length);
    position += events.length;
  }
  for (const { stream, expectedVersion, events } of entries) {
    let version = versions.get(stream) as number;
    if (!isExpected(expectedVersion, version)) throw conflict(stream, expectedVersion, version);
    for (const record of events) {
      position += 1;
      version += 1;
      made.push(toPending(context, record, { stream, position, version, timestamp }));
    }
    versions.set(stream, version);
  }
  return made;
}

/**
 * Resolves with the stored events of an append, in its order: all of them, unless the hub withholds a stream. Undefined if it was discarded
 * together with its streams.
 */
async function findAppended(
  { context, outbox }: ReplicaContext,
  entry: PushedAppend,
): Promise<readonly StoredEvent[] | undefined> {
  const { ids } = identityOf(entry);
  const found = new Map<string, StoredEvent>();
  for await (const page of readOn(context, { filter: { ids } }, 0, Number.MAX_SAFE_INTEGER)) {
    for (const event of page) found.set(event.id, event);
  }
  const view = await outbox.view();
  if (found.size === 0 && !entry.entries.every(({ stream }) => view.follows(stream))) return undefined;
  return ids.flatMap((id) => found.get(id) ?? []);
}

function conflict(stream: string, expected: ExpectedVersion, actual: number): EventStoreError {
  const message = `stream "${stream}" is at version ${actual} here, with what is pending, but ${expected} was expected`;
  return new EventStoreError("version-conflict", message, { stream, expected, actual, events: [], complete: false });
}

/** An append as the application would make it. */
export function toAppends(context: StoreContext, { entries }: PushedAppend): readonly StreamAppend[] {
  return entries.map(({ stream, expectedVersion, events }) => ({
    stream,
    expectedVersion,
    events: events.map((record) => toNewEvent(context, record, stream)),
  }));
}

function toNewEvent(context: StoreContext, record: EventRecord, stream: string): NewEvent {
  const { id, type, data, metadata } = toPending(context, record, { stream, position: 0, version: 0, timestamp: 0 });
  return { id, type, ...(data !== undefined && { data }), metadata };
}
