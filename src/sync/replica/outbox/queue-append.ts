import type { StreamAppend } from "../../../append/append.ts";
import { EventStoreError } from "../../../errors.ts";
import type { ExpectedVersion, NewEvent, StoredEvent } from "../../../event.ts";
import { isExpected } from "../../../storage/plan-append.ts";
import type { EventRecord } from "../../../storage/protocol.ts";
import type { StoreContext } from "../../../storage/store-context.ts";
import type { PushedAppend } from "../../messages.ts";
import { streamsOf } from "../../streams-of.ts";
import { lazily, toPending, toPendingEvents } from "../pending/predict.ts";
import type { Planned, PlannedOn, PlannedStream } from "./queue.ts";
import { checkKey, identityOf, toEnqueue, toQueued } from "./queue-entry.ts";
import { readOn } from "../pending/read-on.ts";
import type { ReplicaContext } from "../replica-context.ts";
import type { Queued } from "../stream-methods.ts";

/** Queues an append to followed streams, in the place of a rejected entry if one is given. Resolves once it is durable here. */
export async function queueAppend(parts: ReplicaContext, pushed: PushedAppend, replaces?: string): Promise<Queued> {
  const { context, queue, receipts } = parts;
  const { key } = pushed;
  checkKey(key);
  const versioned = pushed.entries.some(({ expectedVersion }) => expectedVersion !== "any");
  const find = (): Promise<readonly StoredEvent[] | undefined> => findAppended(parts, pushed);

  return queue(async (on): Promise<Planned<Queued>> => {
    const request = toEnqueue(parts, identityOf(pushed), pushed, {
      ...(versioned && { generation: on.generation }),
      replaces,
    });
    const { timestamp } = request.entry;
    const streams = await streamsAt(parts, pushed, on);
    const places = placesOf(pushed, streams);
    let head = 0;
    const events = lazily(() =>
      places.flatMap(({ records, stream, position, version }) =>
        toPendingEvents(context, records, { stream, position: head + position, version, timestamp }),
      ),
    );
    return {
      request,
      streams: streams.map(({ stream, version, predicted, next, before }) => {
        const own = (): Queued["events"] => events().filter((event) => event.stream === stream);
        return {
          stream,
          version,
          predicted,
          shown: { count: next - before, events: streams.length === 1 ? events : own },
        };
      }),
      async settle(outcome, as) {
        if (replaces !== undefined) receipts.replaced(replaces, key, find);
        const confirmed = receipts.of(key, find);
        if (outcome === "known") return toQueued(key, () => [], confirmed);
        head = as?.head ?? (await context.storage.head());
        return toQueued(key, events, confirmed);
      },
    };
  });
}

/** A stream of an append. */
interface AppendedStream extends Omit<PlannedStream, "shown"> {
  /** The version with what is pending, before the append, and after the events that have a place already. */
  readonly before: number;
  next: number;
}

/** Resolves with the streams of an append, as they are with what is pending. */
async function streamsAt(
  { predictions }: ReplicaContext,
  pushed: PushedAppend,
  { view, added }: PlannedOn,
): Promise<readonly AppendedStream[]> {
  const streams: AppendedStream[] = [];
  for (const stream of streamsOf(pushed)) {
    const { version, predicted } = await predictions.newest(stream, view);
    const before = version + predicted.count() + (added.get(stream) ?? 0);
    streams.push({ stream, version, predicted, before, next: before });
  }
  return streams;
}

/** New events of a stream, and the place after which they come. */
interface Place {
  readonly records: readonly EventRecord[];
  readonly stream: string;
  /** Counted from the head. */
  readonly position: number;
  readonly version: number;
}

/** Gives the events of a new append their places on top of what is pending. @throws `version-conflict`. */
function placesOf({ entries }: PushedAppend, streams: readonly AppendedStream[]): readonly Place[] {
  let position = 0;
  for (const { before, version } of streams) position += before - version;
  return entries.map(({ stream, expectedVersion, events: records }) => {
    const one = streams.find((other) => other.stream === stream) as AppendedStream;
    if (!isExpected(expectedVersion, one.next)) throw conflict(stream, expectedVersion, one.next);
    const place = { records, stream, position, version: one.next };
    position += records.length;
    one.next += records.length;
    return place;
  });
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
