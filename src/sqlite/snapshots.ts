import { EventStoreError } from "../errors.ts";
import { ALL_STREAMS, refuseBeyondHead } from "../storage/snapshot-rules.ts";
import type { NewSnapshotRecord, SnapshotQuery, SnapshotRecord } from "../storage/protocol.ts";
import type { SqliteDriver } from "./driver.ts";

/** The stream number of snapshots of the whole store; streams are numbered from 1. */
const ALL = 0;

/** The table of snapshots. */
export interface SnapshotTable {
  save(snapshot: NewSnapshotRecord): void;
  load(query: SnapshotQuery): SnapshotRecord | undefined;
}

export function createSnapshotTable(
  driver: SqliteDriver,
  versionOf: (stream: string) => number,
  readHead: () => number,
): SnapshotTable {
  const selectStream = driver.prepare("SELECT id FROM streams WHERE name = ?");
  const upsert = driver.prepare(
    "INSERT OR REPLACE INTO snapshots (stream, projection, schema, version, timestamp, state) VALUES (?, ?, ?, ?, ?, ?)",
  );
  // Also those ahead of the events, before other events reach them. The end is read again: others may have appended, and saved, since.
  const prune = driver.prepare(
    "DELETE FROM snapshots WHERE stream = ? AND projection = ? AND schema = ? AND (version > CASE stream WHEN 0 " +
      "THEN (SELECT max(position) FROM events) ELSE (SELECT max(e.version) FROM events e WHERE e.stream = snapshots.stream) END " +
      "OR version < (SELECT version " +
      "FROM snapshots WHERE stream = ? AND projection = ? AND schema = ? AND version <= ? " +
      "ORDER BY version DESC LIMIT 1 OFFSET ? + 0))",
  );
  const select = driver.prepare(
    "SELECT version, timestamp, state FROM snapshots " +
      "WHERE stream = ? AND projection = ? AND schema = ? AND version <= ? ORDER BY version DESC LIMIT 1",
  );

  const idOf = (stream: string): number | undefined =>
    stream === ALL_STREAMS ? ALL : (selectStream.get(stream)?.[0] as number | undefined);

  return {
    save(snapshot) {
      const { stream, projection, schema, version, timestamp, state, keep } = snapshot;
      // No transaction is needed: versions only grow, so the check still holds at the insert.
      const last = stream === ALL_STREAMS ? readHead() : versionOf(stream);
      refuseBeyondHead(snapshot, last);
      const id = idOf(stream) as number;
      upsert.run(id, projection, schema, version, timestamp, state);
      // If this is interrupted, or another process saves at the same time, the next save prunes the rest.
      if (keep !== undefined) prune.run(...[id, projection, schema], ...[id, projection, schema, last], keep - 1);
    },
    load({ stream, projection, schema, upTo }) {
      const row = select.get(idOf(stream) ?? null, projection, schema, upTo);
      if (row === undefined) return undefined;
      const [version, timestamp, state] = row as [number, number, string];
      // Read after the snapshot, because versions only grow.
      const last = stream === ALL_STREAMS ? readHead() : versionOf(stream);
      if (version < 1 || version > last) throw wrongSnapshot({ stream, projection, schema, version }, last);
      return { stream, projection, schema, version, timestamp, state };
    },
  };
}

function wrongSnapshot(
  { stream, projection, schema, version }: Omit<SnapshotQuery, "upTo"> & { readonly version: number },
  last: number,
): EventStoreError {
  const which = `the snapshot of stream "${stream}", projection "${projection}", schema ${schema}`;
  const message = `${which}, is at ${version}, and the events end at ${last}: restore the database from a copy, or raise the projection's schema`;
  return new EventStoreError("storage-corrupt", message, stream === ALL_STREAMS ? { position: version } : {});
}
