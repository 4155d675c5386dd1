import type { SyncView } from "../storage/sync-rules.ts";
import { planAppend, type PlannedEntry, type StoredView } from "../storage/plan-append.ts";
import type { AppendOutcome, AppendRequest, EventPage, ExpectedVersion, StoredRecord } from "../storage/protocol.ts";

/** What is known, or assumed, of the stored events while a group of appends is planned. */
export interface Facts extends SyncView {
  /** The time of the newest event. Events may have been stored since. */
  readonly newest: number;
  /** The version of a stream. */
  versionOf(stream: string): number;
  findById(id: string): StoredRecord | undefined;
  /** Events of a stream after a version; undefined if they were not fetched. */
  pageAfter(stream: string, version: number): EventPage | undefined;
}

/** A stream's events after a version, which a plan needs. */
export interface WantedPage {
  readonly stream: string;
  readonly after: number;
  readonly limit: number;
}

/** A request with what an append of it does. */
export type PlannedRequest =
  | { readonly request: AppendRequest; readonly ok: true; readonly entries: readonly PlannedEntry[] }
  | { readonly request: AppendRequest; readonly ok: false; readonly outcome: Extract<AppendOutcome, { ok: false }> };

/** The first requests of a batch, as many as can be written together. */
export interface PlannedGroup {
  readonly planned: readonly PlannedRequest[];
  /** Pages that the facts lack. If there are any, plan again once they were fetched. */
  readonly missing: readonly WantedPage[];
}

/** A page without events. */
export const NO_EVENTS: EventPage = { rows: "[]", count: 0, head: 0, cursor: 0, done: true };

/**
 * Plans the first requests of a batch against facts, each as if those before it were stored. The group ends before a request that
 * needs the positions of events which the group itself stores: because it has one of their ids, or is refused and has to show them.
 */
export function planGroup(requests: readonly AppendRequest[], facts: Facts): PlannedGroup {
  const planned: PlannedRequest[] = [];
  const missing: WantedPage[] = [];
  const added = new Map<string, number>();
  const ids = new Set<string>();
  const view: StoredView = {
    ...facts,
    versionOf: (stream) => facts.versionOf(stream) + (added.get(stream) ?? 0),
    pageAfter(stream, after, limit) {
      const page = facts.pageAfter(stream, after);
      if (page === undefined) missing.push({ stream, after, limit });
      return page ?? NO_EVENTS;
    },
  };
  for (const request of requests) {
    const { entries } = request;
    if (ids.size > 0 && entries.some(({ events }) => events.some(({ id }) => ids.has(id)))) break;
    const outcome = planAppend(request, view);
    if (!outcome.ok && entries.some(({ stream }) => added.has(stream))) break;
    if (!outcome.ok) {
      planned.push({ request, ok: false, outcome });
      continue;
    }
    planned.push({ request, ok: true, entries: outcome.entries });
    for (const { stream, fresh } of outcome.entries) {
      if (fresh.length > 0) added.set(stream, (added.get(stream) ?? 0) + fresh.length);
      for (const { id } of fresh) ids.add(id);
    }
  }
  return { planned, missing };
}

/**
 * Guesses what is stored from what the callers expect: every stream is at the expected version, every id is new, and no event is newer than the newest known one. The statement
 * that appends finds out whether that is so. Undefined if there is nothing to guess from.
 */
export function guessFacts(requests: readonly AppendRequest[], newest: number): Facts | undefined {
  const versions = new Map<string, number>();
  for (const { entries } of requests) {
    for (const { stream, expectedVersion } of entries) {
      if (expectedVersion === "stream-exists") return undefined;
      if (!versions.has(stream)) versions.set(stream, guessVersion(expectedVersion));
    }
  }
  return {
    newest,
    versionOf: (stream) => versions.get(stream) ?? 0,
    findById: () => undefined,
    pageAfter: () => NO_EVENTS,
  };
}

/** The version at which a caller expects a stream. */
export function guessVersion(expected: ExpectedVersion): number {
  return typeof expected === "number" ? expected : 0;
}

/**
 * The streams of a group whose version does not matter: nobody expects one. They are not compared again, so that appends of several
 * processes to one stream do not get in each other's way.
 */
export function findIndifferent(planned: readonly PlannedRequest[]): ReadonlySet<string> {
  const indifferent = new Set<string>();
  const compared = new Set<string>();
  for (const { request, ok } of planned) {
    for (const { stream, expectedVersion } of request.entries) {
      (ok && expectedVersion === "any" ? indifferent : compared).add(stream);
    }
  }
  for (const stream of compared) indifferent.delete(stream);
  return indifferent;
}
