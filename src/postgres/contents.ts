import { consumerOf, ownerOf } from "../storage/consumer-rules.ts";
import type { ModelTable, SnapshotRecord, StorageContents } from "../storage/protocol.ts";
import type { PostgresQuery } from "./driver.ts";
import { toState } from "./read-models/table-sets.ts";
import { toNumber } from "./values.ts";

type SnapshotKey = readonly [stream: string, projection: string, schema: number, version: number];

const FIRST: SnapshotKey = ["", "", 0, 0];

/** Lists what a copy of the store includes beside events. `s`: the schema's quoted name. */
export function createContents(query: PostgresQuery, s: string): Required<StorageContents> {
  const selectSnapshots =
    `SELECT stream, projection, schema, version, timestamp, state FROM ${s}.snapshots ` +
    "WHERE (stream, projection, schema, version) > ($1, $2, $3, $4) ORDER BY stream, projection, schema, version LIMIT $5";
  const selectResults = `SELECT number, key, result, timestamp FROM ${s}.results WHERE number > $1 ORDER BY number LIMIT $2`;
  const selectConsumers =
    `SELECT name, max(position) FROM (SELECT $1 || name AS name, position FROM ${s}.checkpoints ` +
    `UNION ALL SELECT owner, NULL FROM ${s}.parked WHERE starts_with(owner, $1)) listed GROUP BY name ORDER BY name`;
  const selectModels = `SELECT checkpoint, built, generation, rebuild, tables, name, schema FROM ${s}.models ORDER BY name, schema`;
  const updateLineage = `UPDATE ${s}.meta SET value = $1 WHERE key = 'lineage' AND NOT EXISTS (SELECT FROM ${s}.events) RETURNING value`;

  return {
    async listSnapshots({ after, limit }) {
      const key = after === "" ? FIRST : (JSON.parse(after) as SnapshotKey);
      const rows = await query(selectSnapshots, [...key, limit]);
      const snapshots = rows.map(([stream, projection, schema, version, timestamp, state]): SnapshotRecord => ({
        stream: stream as string,
        projection: projection as string,
        schema: toNumber(schema),
        version: toNumber(version),
        timestamp: toNumber(timestamp),
        state: state as string,
      }));
      const last = snapshots.at(-1);
      const cursor =
        last === undefined ? after : JSON.stringify([last.stream, last.projection, last.schema, last.version]);
      return { snapshots, cursor, done: rows.length < limit };
    },
    async listResults({ after, limit }) {
      const rows = await query(selectResults, [Number(after), limit]);
      const results = rows.map(([, key, result, timestamp]) => ({
        key: JSON.parse(key as string) as string,
        result: result as string,
        timestamp: toNumber(timestamp),
      }));
      return { results, cursor: rows.at(-1)?.[0] ?? after, done: rows.length < limit };
    },
    listConsumers: async () =>
      (await query(selectConsumers, [ownerOf("")])).map(([owner, position]) => ({
        name: consumerOf(owner as string),
        checkpoint: position == null ? null : toNumber(position),
      })),
    listModels: async () =>
      (await query(selectModels, [])).map((row) => {
        const tables = JSON.parse(row[4] as string) as ModelTable[];
        return Object.assign(toState(row), { tables, name: row[5] as string, schema: toNumber(row[6]) });
      }),
    adoptLineage: async (lineage) => (await query(updateLineage, [lineage])).length > 0,
  };
}
