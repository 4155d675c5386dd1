import type {
  AppendEntry,
  AppendOutcome,
  AppendRequest,
  CommittedEntry,
  EventRecord,
  KnownEvent,
} from "../../src/adapter.ts";

/** A list of texts and numbers, which another thread gets in a third of the time that objects with names take. */
export type Packed = unknown[];

const NONE_KNOWN: readonly KnownEvent[] = [];

/** Packs an append under the number of its message. Returns undefined if a request has more than most have. */
export function packRequests(n: number, requests: readonly AppendRequest[]): Packed | undefined {
  const packed: Packed = [n];
  // No `for of` and no closures in this file: a new process interprets and compiles all of it, in both threads.
  for (let index = 0; index < requests.length; index++) {
    const request = requests[index]!;
    const { entries, timestamp, freshIds } = request;
    if (!hasOnly(3, request)) return undefined;
    packed.push(timestamp, freshIds, entries.length);
    for (let place = 0; place < entries.length; place++) {
      if (!packEntry(packed, entries[place]!)) return undefined;
    }
  }
  return packed;
}

function packEntry(packed: Packed, entry: AppendEntry): boolean {
  const { stream, expectedVersion, events } = entry;
  if (!hasOnly(3, entry)) return false;
  packed.push(stream, expectedVersion, events.length);
  for (let index = 0; index < events.length; index++) {
    const event = events[index]!;
    const { id, type, schemaVersion, data, metadata, drawn = false } = event;
    if (!hasOnly(drawn ? 6 : 5, event)) return false;
    packed.push(id, type, schemaVersion, data, metadata, drawn);
  }
  return true;
}

/** The requests that `packRequests` packed. */
export function unpackRequests(packed: Packed): AppendRequest[] {
  const requests: AppendRequest[] = [];
  for (let at = 1; at < packed.length;) {
    const timestamp = packed[at++] as number;
    const freshIds = packed[at++] as boolean;
    const entries: AppendEntry[] = [];
    for (let left = packed[at++] as number; left > 0; left--) {
      const stream = packed[at++] as string;
      const expectedVersion = packed[at++] as AppendEntry["expectedVersion"];
      const count = packed[at++] as number;
      entries.push({ stream, expectedVersion, events: unpackEvents(packed, at, count) });
      at += count * EVENT_PARTS;
    }
    requests.push({ entries, timestamp, freshIds });
  }
  return requests;
}

/** How many members of the list an event takes. */
const EVENT_PARTS = 6;

function unpackEvents(packed: Packed, start: number, count: number): EventRecord[] {
  const events: EventRecord[] = [];
  for (let at = start; events.length < count; at += EVENT_PARTS) {
    const event: EventRecord = {
      id: packed[at] as string,
      type: packed[at + 1] as string,
      schemaVersion: packed[at + 2] as number,
      data: packed[at + 3] as string | null,
      metadata: packed[at + 4] as string | null,
    };
    events.push(packed[at + 5] === true ? { ...event, drawn: true } : event);
  }
  return events;
}

/** Packs the outcomes of an append. Returns undefined unless everything was stored anew. */
export function packOutcomes(n: number, outcomes: readonly AppendOutcome[]): Packed | undefined {
  const packed: Packed = [n];
  for (let index = 0; index < outcomes.length; index++) {
    const outcome = outcomes[index]!;
    if (!outcome.ok || !hasOnly(3, outcome)) return undefined;
    const { timestamp, entries } = outcome;
    packed.push(timestamp, entries.length);
    for (let place = 0; place < entries.length; place++) {
      const entry = entries[place]!;
      const { position, version, known } = entry;
      if (known.length > 0 || !hasOnly(3, entry)) return undefined;
      packed.push(position, version);
    }
  }
  return packed;
}

/** The outcomes that `packOutcomes` packed. */
export function unpackOutcomes(packed: Packed): AppendOutcome[] {
  const outcomes: AppendOutcome[] = [];
  for (let at = 1; at < packed.length;) {
    const timestamp = packed[at++] as number;
    const entries: CommittedEntry[] = [];
    for (let left = packed[at++] as number; left > 0; left--) {
      entries.push({ position: packed[at++] as number, version: packed[at++] as number, known: NONE_KNOWN });
    }
    outcomes.push({ ok: true, timestamp, entries });
  }
  return outcomes;
}

function hasOnly(count: number, value: object): boolean {
  return Object.keys(value).length === count;
}
