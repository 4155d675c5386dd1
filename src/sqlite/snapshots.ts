import { refuseBeyondHead } from "../storage/plan.ts";
import type { SnapshotQuery, SnapshotRecord } from "../storage/protocol.ts";
import type { SqliteDriver } from "./driver.ts";

/** Snapshots, beside the events: they can always be made again. */
export interface SnapshotTable {
  save(snapshot: SnapshotRecord): void;
  load(query: SnapshotQuery): SnapshotRecord | undefined;
}

export function createSnapshotTable(driver: SqliteDriver, versionOf: (stream: string) => number): SnapshotTable {
  const upsert = driver.prepare(
    "INSERT OR REPLACE INTO snapshots (stream, projection, schema, version, timestamp, state) " +
      "SELECT id, ?, ?, ?, ?, ? FROM streams WHERE name = ?",
  );
  const select = driver.prepare(
    "SELECT version, timestamp, state FROM snapshots WHERE stream = (SELECT id FROM streams WHERE name = ?) " +
      "AND projection = ? AND schema = ? AND version <= ? ORDER BY version DESC LIMIT 1",
  );

  return {
    save(snapshot) {
      const { stream, projection, schema, version, timestamp, state } = snapshot;
      // Versions only grow, so what holds here holds at the insert.
      refuseBeyondHead(snapshot, versionOf(stream));
      upsert.run(projection, schema, version, timestamp, state, stream);
    },
    load({ stream, projection, schema, upTo }) {
      const row = select.get(stream, projection, schema, upTo);
      if (row === undefined) return undefined;
      const [version, timestamp, state] = row as [number, number, string];
      return { stream, projection, schema, version, timestamp, state };
    },
  };
}
