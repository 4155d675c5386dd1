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
  for (const request of requests) {
    const { entries, timestamp, freshIds } = request;
    if (!hasOnly(3, request)) return undefined;
    packed.push(timestamp, freshIds, entries.length);
    for (const entry of entries) {
      const { stream, expectedVersion, events } = entry;
      if (!hasOnly(3, entry)) return undefined;
      packed.push(stream, expectedVersion, events.length);
      for (const event of events) {
        const { id, type, schemaVersion, data, metadata, drawn = false } = event;
        if (!hasOnly(drawn ? 6 : 5, event)) return undefined;
        packed.push(id, type, schemaVersion, data, metadata, drawn);
      }
    }
  }
  return packed;
}

/** The requests that `packRequests` packed. */
export function unpackRequests(packed: Packed): AppendRequest[] {
  const requests: AppendRequest[] = [];
  let at = 1;
  const next = (): unknown => packed[at++];
  const count = next as () => number;

  function entry(): AppendEntry {
    const stream = next() as string;
    const expectedVersion = next() as AppendEntry["expectedVersion"];
    return { stream, expectedVersion, events: times(count(), event) };
  }

  function event(): EventRecord {
    const id = next() as string;
    const type = next() as string;
    const schemaVersion = count();
    const data = next() as string | null;
    const metadata = next() as string | null;
    const record = { id, type, schemaVersion, data, metadata };
    return next() === true ? { ...record, drawn: true } : record;
  }

  while (at < packed.length) {
    const timestamp = count();
    const freshIds = next() === true;
    requests.push({ entries: times(count(), entry), timestamp, freshIds });
  }
  return requests;
}

/** Packs the outcomes of an append. Returns undefined unless everything was stored anew. */
export function packOutcomes(n: number, outcomes: readonly AppendOutcome[]): Packed | undefined {
  const packed: Packed = [n];
  for (const outcome of outcomes) {
    if (!outcome.ok || !hasOnly(3, outcome)) return undefined;
    const { timestamp, entries } = outcome;
    packed.push(timestamp, entries.length);
    for (const entry of entries) {
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
  let at = 1;
  const next = (): number => packed[at++] as number;
  const entry = (): CommittedEntry => ({ position: next(), version: next(), known: NONE_KNOWN });
  while (at < packed.length) {
    const timestamp = next();
    outcomes.push({ ok: true, timestamp, entries: times(next(), entry) });
  }
  return outcomes;
}

function hasOnly(count: number, value: object): boolean {
  return Object.keys(value).length === count;
}

function times<T>(count: number, make: () => T): T[] {
  const made: T[] = [];
  for (let index = 0; index < count; index++) made.push(make());
  return made;
}
