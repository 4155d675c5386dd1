import { sameJson } from "../events/json.ts";
import { corrupt } from "./event-page.ts";
import { refusalOf, type SyncView } from "./sync-rules.ts";
import type {
  AppendEntry,
  AppendOutcome,
  AppendRequest,
  EventPage,
  EventRecord,
  ExpectedVersion,
  KnownEvent,
  StoredRecord,
} from "./protocol.ts";

/** How many unseen events a version conflict carries at most. */
const MAX_UNSEEN = 100;

const NONE: readonly KnownEvent[] = [];

const NO_EVENTS: EventPage = { rows: "[]", count: 0, head: 0, cursor: 0, done: true };

/** The stored events, as far as planning an append needs them. */
export interface StoredView extends SyncView {
  /** The version of a stream; 0 if there is no such stream. */
  versionOf(stream: string): number;
  /** The event stored under an id. */
  findById(id: string): StoredRecord | undefined;
  /** At most `limit` events of a stream after a version. */
  pageAfter(stream: string, version: number, limit: number): EventPage;
}

/** An entry whose events are separated into those stored before and those to store. */
export interface PlannedEntry {
  readonly stream: string;
  readonly recordedAt?: number | undefined;
  readonly known: readonly KnownEvent[];
  readonly fresh: readonly EventRecord[];
}

export type Plan =
  | { readonly ok: true; readonly entries: readonly PlannedEntry[] }
  | Extract<AppendOutcome, { ok: false }>;

/**
 * Applies the rules of appending without writing. Ids are looked up first, and the expected version is checked only if there are new
 * events, so that a retry of an append that was stored succeeds whatever was appended since.
 */
export function planAppend(request: AppendRequest, view: StoredView): Plan {
  return (
    refusalOf(request, view) ?? (request.freshIds ? planUnseen(request, view) : undefined) ?? planEntries(request, view)
  );
}

/** Plans without looking up ids. The hint that they are new may be wrong, so a version conflict is not reported: then undefined. */
function planUnseen({ entries }: AppendRequest, view: StoredView): Plan | undefined {
  // Most appends are to one stream.
  const versions = entries.length > 1 ? new Map<string, number>() : undefined;
  const planned: PlannedEntry[] = [];
  for (let index = 0; index < entries.length; index++) {
    const { stream, expectedVersion, events, recordedAt } = entries[index] as AppendEntry;
    if (expectedVersion !== "any" || versions !== undefined) {
      const actual = versions?.get(stream) ?? view.versionOf(stream);
      if (!isExpected(expectedVersion, actual)) return undefined;
      versions?.set(stream, actual + events.length);
    }
    planned.push({ stream, recordedAt, known: NONE, fresh: events });
  }
  return { ok: true, entries: planned };
}

function planEntries(request: AppendRequest, view: StoredView): Plan {
  const entries: PlannedEntry[] = [];
  const versions = new Map<string, number>();
  for (const entry of request.entries) {
    const planned = separate(entry, request, view);
    if ("failure" in planned) return planned;
    if (planned.fresh.length > 0) {
      const actual = versions.get(entry.stream) ?? view.versionOf(entry.stream);
      if (!isExpected(entry.expectedVersion, actual)) return versionConflict(entry, actual, view);
      versions.set(entry.stream, actual + planned.fresh.length);
    }
    entries.push(planned);
  }
  return findForeign(request, entries) ?? { ok: true, entries };
}

/**
 * Finds a stored event that cannot be of an earlier attempt: an attempt stores all of its events or none, so if some events with
 * generated ids are new, the stored ones among them are others'.
 */
function findForeign(
  { resentAfter, entries: asked }: AppendRequest,
  planned: readonly PlannedEntry[],
): Extract<AppendOutcome, { ok: false }> | undefined {
  if (resentAfter === undefined || !planned.some(({ fresh }) => fresh.some(({ drawn }) => drawn))) return undefined;
  for (const [index, { known }] of planned.entries()) {
    const one = known.find((found) => asked[index]?.events[found.index]?.drawn);
    if (one !== undefined) return drawnConflict(one.record);
  }
  return undefined;
}

function separate(
  entry: AppendEntry,
  request: AppendRequest,
  view: StoredView,
): PlannedEntry | Extract<AppendOutcome, { ok: false }> {
  const known: KnownEvent[] = [];
  const fresh: EventRecord[] = [];
  for (const [index, event] of entry.events.entries()) {
    const stored = view.findById(event.id);
    if (stored === undefined) fresh.push(event);
    else if (event.drawn === true && !mayBeOwn(event, stored, request)) return drawnConflict(stored);
    else if (isSameContent(entry.stream, event, stored)) known.push({ index, record: stored });
    else if (event.drawn === true) return drawnConflict(stored);
    else return idConflict(stored);
  }
  return { stream: entry.stream, recordedAt: entry.recordedAt, known, fresh };
}

/** Whether an earlier attempt of the same request may have stored the event. */
function mayBeOwn(event: EventRecord, stored: StoredRecord, { resentAfter, timestamp }: AppendRequest): boolean {
  if (resentAfter === undefined || stored.position <= resentAfter) return false;
  return stored.timestamp >= timestamp && stored.metadata === event.metadata;
}

/** Returns the timestamp of an entry's new events, which is never before that of the newest stored event, `newest`. */
export function timeOf({ recordedAt }: PlannedEntry, request: AppendRequest, newest: number): number {
  return recordedAt !== undefined && recordedAt >= newest ? recordedAt : Math.max(request.timestamp, newest);
}

/**
 * Whether a stored event has the same stream, type and data. Metadata may differ: the stored one stays. So may the data of another
 * schema version, which may have the same meaning in another shape.
 */
function isSameContent(stream: string, event: EventRecord, stored: StoredRecord): boolean {
  if (stream !== stored.stream || event.type !== stored.type) return false;
  if (event.schemaVersion !== stored.schemaVersion) return true;
  try {
    return sameJson(event.data, stored.data);
  } catch (error) {
    throw corrupt(stored.position, error);
  }
}

/** Tells whether a stream at this version meets an expectation. */
export function isExpected(expected: ExpectedVersion, actual: number): boolean {
  switch (expected) {
    case "any":
      return true;
    case "no-stream":
      return actual === 0;
    case "stream-exists":
      return actual > 0;
    default:
      return actual === expected;
  }
}

function versionConflict(entry: AppendEntry, actual: number, view: StoredView): Extract<AppendOutcome, { ok: false }> {
  const { stream, expectedVersion: expected } = entry;
  const seen = typeof expected === "number" ? expected : 0;
  // If a later version than the actual one was expected, there are no unseen events.
  const unseen = seen < actual ? view.pageAfter(stream, seen, MAX_UNSEEN) : NO_EVENTS;
  const complete = seen + unseen.count >= actual;
  const wanted = typeof expected === "number" ? `version ${expected}` : `"${expected}"`;
  const advice = unseen.count > 0 ? "decide again with the new events" : "check the expected version";
  const found = actual === 0 ? "does not exist" : `is at version ${actual}`;
  const message = `stream "${stream}" ${found}, but ${wanted} was expected: ${advice}`;
  return {
    ok: false,
    failure: { code: "version-conflict", message, details: { stream, expected, actual, complete } },
    unseen,
  };
}

function idConflict(stored: StoredRecord): Extract<AppendOutcome, { ok: false }> {
  const { id, position } = stored;
  const message = `the id "${id}" is stored at position ${position} with another stream, type or data: give every event its own id`;
  return { ok: false, failure: { code: "event-id-conflict", message, details: { id, position } } };
}

function drawnConflict({ id, position }: StoredRecord): Extract<AppendOutcome, { ok: false }> {
  const message = `newId returned the id "${id}", stored at position ${position} already: ids must be unique`;
  return { ok: false, failure: { code: "event-id-conflict", message, details: { id, position, drawn: true } } };
}
