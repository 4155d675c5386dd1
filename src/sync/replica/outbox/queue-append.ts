import { toRequest, type StreamAppend } from "../../../append/append.ts";
import { refuseDuplicates } from "../../../append/drawn-ids.ts";
import { EventStoreError, mustBe } from "../../../errors.ts";
import type { ExpectedVersion, StoredEvent } from "../../../event.ts";
import { isExpected } from "../../../storage/plan-append.ts";
import type { EventRecord } from "../../../storage/protocol.ts";
import type { StoreContext } from "../../../storage/store-context.ts";
import { streamsOf, type PushedAppend } from "../../messages.ts";
import { lazily, toPendingEvents } from "../pending/predict.ts";
import type { Planned, PlannedOn, PlannedStream } from "./queue.ts";
import { toEnqueue, toQueued } from "./queue-entry.ts";
import { readOn } from "../pending/read-on.ts";
import type { ReplicaContext } from "../replica-context.ts";
import { isFollowed } from "../pending/shown.ts";
import type { Queued } from "../stream-methods.ts";

/** How to queue an append. */
interface AppendCall {
  readonly key?: string | undefined;
  /** The id of the entry that it replaces. */
  readonly replaces?: string;
}

/** Queues an append to followed streams. Resolves once it is durable here. */
export async function queueAppend(
  parts: ReplicaContext,
  appends: readonly StreamAppend[],
  path: (index: number) => string,
  { key = parts.context.newId(), replaces }: AppendCall,
): Promise<Queued> {
  const { context, queue, receipts } = parts;
  if (typeof key !== "string" || key === "") throw mustBe("key", "a string of at least one character");
  const pushed: PushedAppend = { kind: "append", key, entries: toEntries(context, appends, path) };
  const versioned = pushed.entries.some(({ expectedVersion }) => expectedVersion !== "any");
  const find = (): Promise<readonly StoredEvent[] | undefined> => findAppended(parts, pushed);

  return queue(async (on): Promise<Planned<Queued>> => {
    const request = toEnqueue(parts, pushed, { ...(versioned && { generation: on.generation }), replaces });
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

function toEntries(
  context: StoreContext,
  appends: readonly StreamAppend[],
  path: (index: number) => string,
): PushedAppend["entries"] {
  if (!Array.isArray(appends) || appends.length === 0) throw mustBe("entries", "a list of at least one");
  const request = toRequest(context, appends, path, undefined);
  refuseDuplicates(request, path, context.newId);
  return request.entries.map(({ stream, expectedVersion, events }) => ({
    stream,
    expectedVersion,
    events: events.map(undrawn),
  }));
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
    const before = version + predicted.count + (added.get(stream) ?? 0);
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
  { entries }: PushedAppend,
): Promise<readonly StoredEvent[] | undefined> {
  const ids = entries.flatMap(({ events }) => events.map(({ id }) => id));
  const found = new Map<string, StoredEvent>();
  for await (const page of readOn(context, { filter: { ids } }, 0, Number.MAX_SAFE_INTEGER)) {
    for (const event of page) found.set(event.id, event);
  }
  const { items } = await outbox.view();
  if (found.size === 0 && !entries.every(({ stream }) => isFollowed(items, stream))) return undefined;
  return ids.flatMap((id) => found.get(id) ?? []);
}

function conflict(stream: string, expected: ExpectedVersion, actual: number): EventStoreError {
  const message = `stream "${stream}" is at version ${actual} here, with what is pending, but ${expected} was expected`;
  return new EventStoreError("version-conflict", message, { stream, expected, actual, events: [], complete: false });
}

/** Whether an id was drawn matters to the store that stores the event, and the hub does. */
function undrawn({ id, type, schemaVersion, data, metadata }: EventRecord): EventRecord {
  return { id, type, schemaVersion, data, metadata };
}
