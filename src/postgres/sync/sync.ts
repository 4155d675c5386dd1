import { EventStoreError } from "../../errors.ts";
import { stringify } from "../../events/json.ts";
import type {
  ConfirmedBatch,
  Enqueue,
  EnqueueOutcome,
  FollowedRecord,
  OutboxEntry,
  OutboxPage,
  ReplicaState,
  SyncStorage,
  UnfollowOutcome,
} from "../../storage/protocol.ts";
import { planFollow, planUnfollow } from "../../storage/sync-rules.ts";
import type { CommitOptions } from "../append-statement.ts";
import type { Commit } from "../appender.ts";
import type { PostgresQuery, PostgresRow } from "../driver.ts";
import type { FetchedFacts, WantedFacts } from "../fetch-facts.ts";
import { arrayOf, toNumber } from "../values.ts";
import { confirm, type ConfirmedFacts } from "./confirm.ts";

/** How often a change of what is followed is planned again because something has changed in between. */
const ATTEMPTS = 100;

/** What replicas and hubs need of the storage. */
export interface SyncContext {
  readonly query: PostgresQuery;
  /** The schema's quoted name. */
  readonly s: string;
  readonly commit: CommitOptions;
  readonly fetchFacts: (wanted: WantedFacts) => Promise<FetchedFacts>;
  readonly tell: (commit: Commit) => void;
}

type Followed = Pick<ReplicaState, "items" | "unfollowed">;

/** What replicas and hubs store. Each call that writes is one statement under the writers' lock. */
export function createSyncTables({ query, s, commit, fetchFacts, tell }: SyncContext): SyncStorage {
  const first = [commit.durable, commit.timeout];
  const meta = `SELECT value FROM ${s}.meta WHERE key =`;
  const selectState =
    `SELECT (${meta} 'hub'), (${meta} 'replica_generation'), active::int, kind, name, position, mark ` +
    `FROM (SELECT) one LEFT JOIN ${s}.followed ON true ORDER BY kind, name`;
  const selectEntries =
    `SELECT (${meta} 'replica_generation'), number, id, to_json(streams), to_json(ids), body, timestamp, rejected FROM (SELECT) one ` +
    `LEFT JOIN (SELECT * FROM ${s}.outbox WHERE number > $1 ORDER BY number LIMIT $2) listed ON true ORDER BY number`;
  const selectResult = `SELECT result FROM ${s}.results WHERE key = $1`;
  const setFollowed = `SELECT ${s}.set_followed($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`;
  // What is stored of several ids is looked up before the lock is taken: whatever a replica stores later raises the generation.
  const partly = (ids: string): string =>
    `cardinality(${ids}) > 1 AND EXISTS (SELECT FROM unnest(${ids}) AS one (id) WHERE ${s}.is_stored(one.id))`;
  const enqueue = `SELECT ${s}.queue_entry($1, $2, $3, $4, $5, $6, $7, $8, $9, $10), ${partly("$5::text[]")}`;
  const enqueueOne = `${s}.queue_entry($1, $2, id, streams, ids, body, queued_at, decided_at, most, replaced), ${partly("ids")}`;
  const enqueueAll = `
    WITH RECURSIVE asked AS MATERIALIZED (
      SELECT place, id, streams::text[], ids::text[], body, queued_at, decided_at, most, replaced
      FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[], $9::bigint[], $10::text[])
        WITH ORDINALITY AS given (id, streams, ids, body, queued_at, decided_at, most, replaced, place)
    ), done (place, answer, partly) AS (
      SELECT place, ${enqueueOne} FROM asked WHERE place = 1
      UNION ALL
      SELECT asked.place, ${enqueueOne} FROM done JOIN asked ON asked.place = done.place + 1 WHERE answer LIKE 'queued,%'
    )
    SELECT answer, partly FROM done ORDER BY place`;
  const settle = `SELECT ${s}.settle_entry($1, $2, $3, $4)`;
  const deleteResults = `DELETE FROM ${s}.results WHERE timestamp < $1`;
  const saveResult = `SELECT ${s}.save_result($1, $2, $3, $4, $5, $6)`;

  async function loadReplica(): Promise<ReplicaState> {
    const rows = await query(selectState);
    const [hub, generation] = rows[0] ?? [];
    const items = rows.filter(([, , active]) => active === "1").map(toItem);
    const unfollowed = rows.filter(([, , active]) => active === "0").map(toItem);
    return { lineage: hub ?? null, generation: toNumber(generation), items, unfollowed };
  }

  async function listEntries(after: number, limit: number): Promise<OutboxPage> {
    const rows = await query(selectEntries, [after, limit + 1]);
    const entries = rows.filter(([, number]) => number != null).map(toEntry);
    return { generation: toNumber(rows[0]?.[0]), entries: entries.slice(0, limit), done: entries.length <= limit };
  }

  /** Writes the difference between what is followed and what was planned; resolves with false if anything has changed since. */
  async function change(state: ReplicaState, plan: Followed, discarded: readonly OutboxEntry[] = []): Promise<boolean> {
    const added = plan.items.filter((item) => !state.items.includes(item));
    const left = plan.unfollowed.filter((item) => !state.unfollowed.includes(item));
    const [[answer] = []] = await query(setFollowed, [
      ...first,
      state.generation,
      arrayOf(added.map(({ kind }) => kind)),
      arrayOf(added.map(({ name }) => name)),
      arrayOf(added.map(({ position }) => position)),
      arrayOf(added.map(({ mark }) => mark)),
      arrayOf(left.map(({ kind }) => kind)),
      arrayOf(left.map(({ name }) => name)),
      arrayOf(discarded.map(({ id }) => stringify(id))),
    ]);
    const [outcome, ...rest] = (answer as string).split(",");
    changed(rest.join());
    return outcome === "done";
  }

  /** Repeats a change until nothing has come in between. */
  async function repeated<T>(attempt: () => Promise<T | undefined>): Promise<T> {
    for (let count = 0; count < ATTEMPTS; count++) {
      const result = await attempt();
      if (result !== undefined) return result;
    }
    throw new EventStoreError("storage-busy", `what is followed changed ${ATTEMPTS} times`, { timeout: 0 });
  }

  async function fetch({ events, lineage }: ConfirmedBatch): Promise<ConfirmedFacts> {
    const streams = events.map(({ stream }) => stream);
    const facts = await fetchFacts({ streams, ids: events.map(({ id }) => id), keys: [] });
    const { hub, items, unfollowed } = facts;
    return { ...facts, state: { lineage: hub ?? lineage, generation: 0, items, unfollowed } };
  }

  /** One entry needs a call alone; several are called for one after another, in one statement. */
  async function queueAll(requests: readonly Enqueue[]): Promise<readonly EnqueueOutcome[]> {
    const rows =
      requests.length === 1
        ? await query(enqueue, [...first, ...argumentsOf(requests[0] as Enqueue)])
        : await query(enqueueAll, [...first, ...columnsOf(requests.map(argumentsOf))]);
    return rows.map(([answer, isPartlyStored], index) =>
      toOutcome(answer as string, requests[index] as Enqueue, isPartlyStored === "t"),
    );
  }

  function toOutcome(answer: string, { replaces }: Enqueue, isPartlyStored: boolean): EnqueueOutcome {
    const [outcome, ...others] = answer.split(",");
    const rest = others.join();
    if (outcome === "full") return { outcome, entries: toNumber(rest) };
    if (outcome === "not-followed") return { outcome, stream: rest };
    if (outcome === "known") changed(rest);
    if (outcome !== "queued") return { outcome: outcome as "known" | "moved" | "gone" };
    const [number, ...news] = others;
    changed(news.join());
    if (isPartlyStored) return { outcome };
    const [head, , generation] = news;
    const as = { number: toNumber(number), generation: toNumber(generation), head: toNumber(head) };
    return { outcome, ...(replaces === undefined ? { as } : { instead: as }) };
  }

  /**
   * Tells of what a function has answered with: of its commit, or of an earlier one whose answer may have been lost. Returns the
   * generation.
   */
  function changed(answer: string): number {
    const [head, watched, replica] = answer.split(",");
    const generation = toNumber(replica);
    tell({ head: toNumber(head), watched: watched === "1", replica: generation });
    return generation;
  }

  return {
    loadReplica,
    follow: (items) =>
      repeated(async () => {
        const state = await loadReplica();
        const plan = planFollow(state, items);
        if (plan === undefined) return state;
        return (await change(state, plan)) ? loadReplica() : undefined;
      }),
    unfollow: (request) =>
      repeated(async (): Promise<UnfollowOutcome | undefined> => {
        const state = await loadReplica();
        const { generation, entries } = await listEntries(0, Number.MAX_SAFE_INTEGER - 1);
        if (generation !== state.generation) return undefined;
        const plan = planUnfollow(state, request, entries);
        if (typeof plan === "number") return { outcome: "pending", entries: plan };
        const done = plan === undefined || (await change(state, plan, plan.discarded));
        return done ? { outcome: "unfollowed" } : undefined;
      }),
    applyConfirmed: (batch) => confirm({ query, s, commit: first, fetch, tell: changed }, batch),
    enqueue: queueAll,
    listEntries: ({ after, limit }) => listEntries(after, limit),
    async settle({ id, rejected }) {
      changed((await query(settle, [...first, stringify(id), rejected]))[0]?.[0] as string);
    },
    loadResult: async (key) => (await query(selectResult, [stringify(key)]))[0]?.[0] ?? null,
    async saveResult({ key, id, result, timestamp, before }) {
      if (before !== undefined) await query(deleteResults, [before]);
      const [[kept] = []] = await query(saveResult, [...first, stringify(key), id, result, timestamp]);
      return kept == null ? { stored: true } : { kept };
    },
  };
}

/** The parameters of the function that queues an entry. */
function argumentsOf({ entry, generation, most, replaces }: Enqueue): readonly (string | number | null)[] {
  const { id, streams, ids, body, timestamp } = entry;
  const replaced = replaces === undefined ? null : stringify(replaces);
  return [stringify(id), arrayOf(streams), arrayOf(ids), body, timestamp, generation ?? null, most, replaced];
}

/** Each parameter of several calls, as an array. */
function columnsOf(calls: readonly (readonly (string | number | null)[])[]): readonly string[] {
  return (calls[0] ?? []).map((_, column) => arrayOf(calls.map((given) => given[column] as string | number | null)));
}

function toItem([, , , kind, name, position, mark]: PostgresRow): FollowedRecord {
  return {
    kind: kind as FollowedRecord["kind"],
    name: name as string,
    position: toNumber(position),
    mark: mark ?? null,
  };
}

function toEntry([, number, id, streams, ids, body, timestamp, rejected]: PostgresRow): OutboxEntry {
  return {
    number: toNumber(number),
    id: JSON.parse(id as string) as string,
    streams: JSON.parse(streams as string) as string[],
    ids: JSON.parse(ids as string) as string[],
    body: body as string,
    timestamp: toNumber(timestamp),
    rejected: rejected ?? null,
  };
}
