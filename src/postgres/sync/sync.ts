import { stringify } from "../../events/json.ts";
import type {
  ConfirmedBatch,
  Enqueue,
  EnqueueOutcome,
  FollowedRecord,
  OutboxEntry,
  ReplicaState,
  SyncStorage,
} from "../../storage/protocol.ts";
import type { CommitOptions } from "../append-statement.ts";
import type { Commit } from "../appender.ts";
import type { PostgresQuery, PostgresRow } from "../driver.ts";
import type { FetchedFacts, WantedFacts } from "../fetch-facts.ts";
import { arrayOf, toNumber } from "../values.ts";
import { confirm, type ConfirmedFacts } from "./confirm.ts";

/** What replicas and hubs need of the storage. */
export interface SyncContext {
  readonly query: PostgresQuery;
  /** The schema's quoted name. */
  readonly s: string;
  readonly commit: CommitOptions;
  readonly fetchFacts: (wanted: WantedFacts) => Promise<FetchedFacts>;
  readonly tell: (commit: Commit) => void;
}

/** What replicas and hubs store. Each call that writes is one statement under the writers' lock. */
export function createSyncTables({ query, s, commit, fetchFacts, tell }: SyncContext): SyncStorage {
  const first = [commit.durable, commit.timeout];
  const meta = `SELECT value FROM ${s}.meta WHERE key =`;
  const selectState =
    `SELECT (${meta} 'hub'), (${meta} 'replica_generation'), kind, name, position, mark ` +
    `FROM (SELECT) one LEFT JOIN ${s}.followed ON true ORDER BY kind, name`;
  const selectEntries =
    `SELECT (${meta} 'replica_generation'), number, id, streams, to_json(ids), body, timestamp, rejected FROM (SELECT) one ` +
    `LEFT JOIN (SELECT * FROM ${s}.outbox WHERE number > $1 ORDER BY number LIMIT $2) listed ON true ORDER BY number`;
  const selectResult = `SELECT result FROM ${s}.results WHERE key = $1`;
  const followItems = `SELECT ${s}.follow_items($1, $2, $3, $4, $5, $6)`;
  const enqueue = `SELECT ${s}.enqueue($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`;
  const settle = `SELECT ${s}.settle_entry($1, $2, $3, $4)`;
  const saveResult = `SELECT ${s}.save_result($1, $2, $3, $4, $5, $6)`;

  async function loadReplica(): Promise<ReplicaState> {
    const rows = await query(selectState);
    const [hub, generation] = rows[0] ?? [];
    return { lineage: hub ?? null, generation: toNumber(generation), items: rows.flatMap(toItem) };
  }

  async function fetch({ events, lineage }: ConfirmedBatch): Promise<ConfirmedFacts> {
    const streams = events.map(({ stream }) => stream);
    const facts = await fetchFacts({ streams, ids: events.map(({ id }) => id), keys: [] });
    return { ...facts, state: { lineage: facts.hub ?? lineage, generation: 0, items: facts.followed } };
  }

  async function queue({ entry, generation, most, replaces }: Enqueue): Promise<EnqueueOutcome> {
    const { id, streams, ids, body, timestamp } = entry;
    const values = [stringify(id), stringify(streams), arrayOf(ids), body, timestamp, generation ?? null, most];
    const replaced = replaces === undefined ? null : stringify(replaces);
    const [[answer] = []] = await query(enqueue, [...first, ...values, replaced]);
    const [outcome, ...rest] = (answer as string).split(",");
    if (outcome === "full") return { outcome, entries: toNumber(rest[0]) };
    if (outcome === "queued") changed(rest.join());
    return { outcome: outcome as "queued" | "known" | "moved" | "gone" };
  }

  /** Tells of a commit that a function has answered with; null: nothing was changed. */
  function changed(answer: string | null | undefined): void {
    if (answer == null) return;
    const [head, watched, replica] = answer.split(",");
    tell({
      head: toNumber(head),
      watched: watched === "1",
      ...(replica !== undefined && { replica: toNumber(replica) }),
    });
  }

  return {
    loadReplica,
    async follow(items) {
      const [known, restarted] = [
        items.filter(({ restart }) => restart !== true),
        items.filter(({ restart }) => restart),
      ];
      const values = [known, restarted].flatMap((some) => [
        arrayOf(some.map(({ kind }) => kind)),
        arrayOf(some.map(({ name }) => name)),
      ]);
      changed((await query(followItems, [...first, ...values]))[0]?.[0]);
      return loadReplica();
    },
    applyConfirmed: (batch) => confirm({ query, s, commit: first, fetch, tell: changed }, batch),
    enqueue: queue,
    async listEntries({ after, limit }) {
      const rows = await query(selectEntries, [after, limit + 1]);
      const entries = rows.flatMap(toEntry);
      return { generation: toNumber(rows[0]?.[0]), entries: entries.slice(0, limit), done: entries.length <= limit };
    },
    async settle({ id, rejected }) {
      changed((await query(settle, [...first, stringify(id), rejected]))[0]?.[0]);
    },
    loadResult: async (key) => (await query(selectResult, [stringify(key)]))[0]?.[0] ?? null,
    async saveResult({ key, id, result, timestamp }) {
      const [[kept] = []] = await query(saveResult, [...first, stringify(key), id, result, timestamp]);
      return kept == null ? { stored: true } : { kept };
    },
  };
}

function toItem([, , kind, name, position, mark]: PostgresRow): FollowedRecord[] {
  if (kind == null) return [];
  return [
    { kind: kind as FollowedRecord["kind"], name: name as string, position: toNumber(position), mark: mark ?? null },
  ];
}

function toEntry([, number, id, streams, ids, body, timestamp, rejected]: PostgresRow): OutboxEntry[] {
  if (number == null) return [];
  return [
    {
      number: toNumber(number),
      id: JSON.parse(id as string) as string,
      streams: JSON.parse(streams as string) as string[],
      ids: JSON.parse(ids as string) as string[],
      body: body as string,
      timestamp: toNumber(timestamp),
      rejected: rejected ?? null,
    },
  ];
}
