import { isEventStoreError, messageOf } from "../errors.ts";
import { monotonicNow, sleep } from "../platform.ts";
import { toFailure } from "../storage/failure.ts";
import { planAppend } from "../storage/plan-append.ts";
import type { AppendOutcome, AppendRequest, EventPage, PageQuery } from "../storage/protocol.ts";
import { createAppendStatements, toOutcomes, type CommitOptions, type Written } from "./append-statement.ts";
import type { PostgresDriver, PostgresQuery } from "./driver.ts";
import { isPassing, nextPause, toStoreError } from "./faults.ts";
import { fetchFacts } from "./fetch-facts.ts";
import { guessFacts, guessVersion, NO_EVENTS, planGroup, type Facts, type PlannedGroup } from "./plan-group.ts";

/** How often a batch is planned again because others have appended in between, before its requests are stored one by one. */
const ATTEMPTS_TOGETHER = 3;
const ATTEMPTS_ALONE = 100;

/** What is told of a commit: the newest position, whether others listen, and the generation of what a replica shows, if it has changed. */
export interface Commit extends Pick<Written, "head" | "watched"> {
  readonly replica?: number;
}

/** Stores batches of appends, one after the other, and tells of each commit. `s`: the schema's quoted name. */
export function createAppender(
  driver: PostgresDriver,
  s: string,
  readPage: (asked: PageQuery) => Promise<EventPage>,
  options: CommitOptions,
  onCommit: (commit: Commit) => void,
): (requests: readonly AppendRequest[]) => Promise<AppendOutcome[]> {
  /** The newest position that this process knows. */
  let knownHead = 0;
  /** Its time. */
  let knownNewest = 0;
  /** Whether the statement that stores events was sent since the last outcome. */
  let sent = false;
  const query: PostgresQuery = driver.query;
  const { writeOne, writeGroup } = createAppendStatements(
    (sql, values) => {
      sent = true;
      return query(sql, values);
    },
    s,
    options,
  );

  async function append(requests: readonly AppendRequest[]): Promise<AppendOutcome[]> {
    const outcomes: AppendOutcome[] = [];
    while (outcomes.length < requests.length) {
      const rest = outcomes.length === 0 ? requests : requests.slice(outcomes.length);
      outcomes.push(...(await appendFirst(rest)));
    }
    return outcomes;
  }

  /** Stores the first requests, at least one. Never rejects: those before them may be stored. */
  async function appendFirst(requests: readonly AppendRequest[]): Promise<AppendOutcome[]> {
    let deadline = Infinity;
    let attempted = requests;
    let mayBeStored = false;
    for (let pause = 0; ; pause = nextPause(pause)) {
      sent = false;
      try {
        const [first] = requests;
        const alone = pause === 0 && requests.length === 1 && first ? await appendOneEvent(first) : undefined;
        if (alone !== undefined) return [alone];
        return (
          (await appendTogether(attempted, pause > 0 || sent)) ??
          (await appendTogether(attempted.slice(0, 1), true, ATTEMPTS_ALONE)) ?? [moved(options)]
        );
      } catch (error) {
        if (pause === 0) deadline = monotonicNow() + options.timeout;
        const lost = driver.isLost(error);
        mayBeStored ||= sent && lost && driver.isUnsent?.(error) !== true;
        if (isPassing(driver, error) && monotonicNow() < deadline) {
          // An attempt whose answer was lost may have been stored, and may still be stored: its ids tell.
          if (mayBeStored) attempted = attempted.map((one) => ({ resentAfter: knownHead, ...one, freshIds: false }));
          if (pause > 0) await sleep(pause * (0.5 + Math.random()));
          continue;
        }
        const failure = toStoreError(driver, error, options.timeout);
        if (mayBeStored) return attempted.map((request) => unknown(request, failure));
        const together = lost || isEventStoreError(failure, "storage-busy") || requests.length === 1;
        // Otherwise one of them may be the cause.
        if (together) return attempted.map(() => ({ ok: false, failure: toFailure(failure) }));
        const outcomes: AppendOutcome[] = [];
        for (const request of attempted) outcomes.push(...(await appendFirst([request])));
        return outcomes;
      }
    }
  }

  /** Stores a single new event, the most frequent append, in the shortest way. Undefined if that is not possible. */
  async function appendOneEvent(request: AppendRequest): Promise<AppendOutcome | undefined> {
    const [entry, ...others] = request.entries;
    if (entry === undefined || others.length > 0 || entry.events.length !== 1) return undefined;
    const { stream, expectedVersion, recordedAt } = entry;
    if (recordedAt !== undefined || expectedVersion === "stream-exists") return undefined;
    const guess = guessVersion(expectedVersion);
    const plan = planAppend(request, { versionOf: () => guess, findById: () => undefined, pageAfter: () => NO_EVENTS });
    const event = plan.ok ? plan.entries[0]?.fresh[0] : undefined;
    if (event === undefined) return undefined;
    const written = await unlessKnown(() => writeOne(stream, event, expectedVersion === "any" ? null : guess, request));
    if (written === undefined) return undefined;
    const { head, newest, watched, bases } = written;
    const timestamp = Math.max(newest, request.timestamp);
    committed(head + 1, timestamp, watched);
    const version = (bases.get(stream) ?? 0) + 1;
    return { ok: true, timestamp, entries: [{ position: head + 1, version, known: [] }] };
  }

  function committed(head: number, newest: number, watched: boolean): void {
    knownHead = head;
    knownNewest = newest;
    onCommit({ head, watched });
  }

  /** Stores the first requests that fit into one group; undefined if others appended in between each time. */
  async function appendTogether(
    requests: readonly AppendRequest[],
    careful: boolean,
    attempts = ATTEMPTS_TOGETHER,
  ): Promise<AppendOutcome[] | undefined> {
    for (let attempt = 0; attempt < attempts; attempt++) {
      const guess = careful || attempt > 0 ? undefined : planGuess(requests);
      const { group, facts } = guess ?? (await planSurely(requests));
      const written = await write(group, facts);
      if (written === undefined) continue;
      const { outcomes, head, newest } = toOutcomes(group.planned, written);
      if (head > written.head) committed(head, newest, written.watched);
      return outcomes;
    }
    return undefined;
  }

  function planGuess(requests: readonly AppendRequest[]): { group: PlannedGroup; facts: Facts } | undefined {
    const facts = guessFacts(requests, knownNewest);
    const group = facts && planGroup(requests, facts);
    return group?.planned.every(({ ok }) => ok) ? { group, facts: facts as Facts } : undefined;
  }

  async function planSurely(given: readonly AppendRequest[]): Promise<{ group: PlannedGroup; facts: Facts }> {
    // An id that was thought to be new may be the reason why a guess was wrong.
    const requests = given.map((request) => ({ ...request, freshIds: false }));
    const entries = requests.flatMap((request) => request.entries);
    const facts = await fetchFacts(query, s, readPage, {
      streams: entries.map(({ stream }) => stream),
      ids: entries.flatMap(({ events }) => events.map(({ id }) => id)),
      keys: requests.flatMap(({ unlessKept }) => unlessKept ?? []),
    });
    let group = planGroup(requests, facts);
    while (group.missing.length > 0) {
      await facts.fetchPages(group.missing);
      group = planGroup(requests, facts);
    }
    return { group, facts };
  }

  async function write({ planned }: PlannedGroup, facts: Facts): Promise<Written | undefined> {
    const writes = planned.some((each) => each.ok && each.entries.some(({ fresh }) => fresh.length > 0));
    if (!writes) return { head: 0, newest: 0, watched: false, bases: new Map() };
    return unlessKnown(() => writeGroup(planned, facts));
  }

  /** Resolves with undefined if an id that was thought to be new is stored: https://www.postgresql.org/docs/current/errcodes-appendix.html */
  async function unlessKnown(work: () => Promise<Written | undefined>): Promise<Written | undefined> {
    try {
      return await work();
    } catch (error) {
      if (driver.codeOf(error) === "23505") return undefined;
      throw error;
    }
  }

  return append;
}

function moved({ timeout }: CommitOptions): AppendOutcome {
  const message = "other processes appended to the same streams each time: append again";
  return { ok: false, failure: { code: "storage-busy", message, details: { timeout } } };
}

function unknown({ entries }: AppendRequest, error: unknown): AppendOutcome {
  const message = `it is unknown whether this was stored: append it again under the same ids (${messageOf(error)})`;
  const details = { ids: entries.flatMap(({ events }) => events.map(({ id }) => id)) };
  return { ok: false, failure: { code: "outcome-unknown", message, details } };
}
