import { consumerOf, ownerOf } from "../storage/consumer-rules.ts";
import type { ModelTable, StorageContents } from "../storage/protocol.ts";
import { ALL_STREAMS } from "../storage/snapshot-rules.ts";
import type { Synchronous } from "../storage/synchronous.ts";
import type { SqliteDriver } from "./driver.ts";

const SELECT_MODELS =
  "SELECT name, schema, tables, checkpoint, built, generation, rebuild FROM models ORDER BY name, schema";

/** Lists what a copy of the store includes beside events. */
export function createContents(driver: SqliteDriver, readHead: () => number): Synchronous<Required<StorageContents>> {
  return {
    listSnapshots({ after, limit }) {
      const rows = driver
        .prepare(
          "SELECT n.rowid, s.name, n.projection, n.schema, n.version, n.timestamp, n.state FROM snapshots n " +
            "LEFT JOIN streams s ON s.id = n.stream WHERE n.rowid > ? ORDER BY n.rowid LIMIT ? + 0",
        )
        .all(Number(after), limit);
      const snapshots = rows.map((row) => {
        const [, stream, projection, schema, version, timestamp, state] = row as [
          number,
          string | null,
          string,
          number,
          number,
          number,
          string,
        ];
        return { stream: stream ?? ALL_STREAMS, projection, schema, version, timestamp, state };
      });
      return { snapshots, cursor: String(rows.at(-1)?.[0] ?? after), done: rows.length < limit };
    },
    listResults({ after, limit }) {
      const rows = driver
        .prepare("SELECT key, result, timestamp FROM results WHERE key > ? ORDER BY key LIMIT ? + 0")
        .all(after, limit);
      const results = rows.map((row) => {
        const [key, result, timestamp] = row as [string, string, number];
        return { key, result, timestamp };
      });
      return { results, cursor: results.at(-1)?.key ?? after, done: results.length < limit };
    },
    listConsumers() {
      const rows = driver
        .prepare(
          "SELECT ? || name, position FROM checkpoints UNION ALL " +
            "SELECT DISTINCT owner, NULL FROM parked WHERE substr(owner, 1, length(?)) = ?",
        )
        .all(ownerOf(""), ownerOf(""), ownerOf("")) as unknown as [string, number | null][];
      const checkpoints = new Map<string, number | null>();
      for (const [owner, position] of rows) {
        const name = consumerOf(owner);
        checkpoints.set(name, position ?? checkpoints.get(name) ?? null);
      }
      return Array.from(checkpoints, ([name, checkpoint]) => ({ name, checkpoint }));
    },
    listModels: () =>
      (driver.prepare(SELECT_MODELS).all() as [string, number, string, number, number, number, number | null][]).map(
        ([name, schema, tables, checkpoint, built, generation, rebuild]) => ({
          name,
          schema,
          tables: JSON.parse(tables) as ModelTable[],
          checkpoint,
          built: built === 1,
          generation,
          rebuild,
        }),
      ),
    adoptLineage: (lineage) =>
      driver.transaction("write", () => {
        if (readHead() > 0) return false;
        driver.prepare("INSERT OR REPLACE INTO meta (key, value) VALUES ('lineage', ?)").run(lineage);
        return true;
      }),
  };
}
