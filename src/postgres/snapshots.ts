import { EventStoreError } from "../errors.ts";
import type { NewSnapshotRecord, SnapshotQuery, SnapshotRecord } from "../storage/protocol.ts";
import { ALL_STREAMS, refuseBeyondHead } from "../storage/snapshot-rules.ts";
import type { PostgresQuery } from "./driver.ts";
import { toNumber } from "./values.ts";

/** The table of snapshots. */
export interface SnapshotTable {
  saveSnapshot(snapshot: NewSnapshotRecord): Promise<void>;
  loadSnapshot(query: SnapshotQuery): Promise<SnapshotRecord | undefined>;
}

/** `s`: the schema's quoted name. */
export function createSnapshotTable(query: PostgresQuery, s: string): SnapshotTable {
  const last =
    `CASE WHEN $1 = '${ALL_STREAMS}' THEN (SELECT max(position) FROM ${s}.events) ` +
    `ELSE (SELECT max(version) FROM ${s}.events WHERE stream = $1) END`;
  const kind = "stream = $1 AND projection = $2 AND schema = $3";
  const selectLast = `SELECT ${last}`;
  const upsert =
    `INSERT INTO ${s}.snapshots (stream, projection, schema, version, timestamp, state) VALUES ($1, $2, $3, $4, $5, $6) ` +
    "ON CONFLICT (stream, projection, schema, version) DO UPDATE SET timestamp = excluded.timestamp, state = excluded.state";
  // Also those ahead of the events, before other events reach them. The end is read again: others may have appended, and saved, since.
  const prune =
    `DELETE FROM ${s}.snapshots WHERE ${kind} AND (version > (${last}) OR version < (SELECT version ` +
    `FROM ${s}.snapshots WHERE ${kind} AND version <= $4 ORDER BY version DESC LIMIT 1 OFFSET $5))`;
  const select =
    `SELECT version, timestamp, state, ${last} FROM ${s}.snapshots ` +
    `WHERE ${kind} AND version <= $4 ORDER BY version DESC LIMIT 1`;

  return {
    async saveSnapshot(snapshot) {
      const { stream, projection, schema, version, timestamp, state, keep } = snapshot;
      const [[found] = []] = await query(selectLast, [stream]);
      // Versions only grow, so what holds now still holds at the insert.
      const end = toNumber(found);
      refuseBeyondHead(snapshot, end);
      await query(upsert, [stream, projection, schema, version, timestamp, state]);
      // If this is interrupted, or another process saves at the same time, the next save prunes the rest.
      if (keep !== undefined) await query(prune, [stream, projection, schema, end, keep - 1]);
    },
    async loadSnapshot(wanted) {
      const { stream, projection, schema, upTo } = wanted;
      const [row] = await query(select, [stream, projection, schema, upTo]);
      if (row === undefined) return undefined;
      const [version, timestamp, newest] = [toNumber(row[0]), toNumber(row[1]), toNumber(row[3])];
      if (version < 1 || version > newest) throw wrongSnapshot(wanted, version, newest);
      return { stream, projection, schema, version, timestamp, state: row[2] as string };
    },
  };
}

function wrongSnapshot({ stream, projection, schema }: SnapshotQuery, version: number, last: number): EventStoreError {
  const which = `the snapshot of stream "${stream}", projection "${projection}", schema ${schema}`;
  const message = `${which}, is at ${version}, and the events end at ${last}: restore the database from a copy, or raise the projection's schema`;
  return new EventStoreError("storage-corrupt", message, stream === ALL_STREAMS ? { position: version } : {});
}
