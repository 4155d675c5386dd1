import type { Database, SAHPoolUtil, Sqlite3Static } from "@sqlite.org/sqlite-wasm";
import { PAYLOADS } from "../payload.ts";
import { INSERT, SCHEMA } from "../raw-schema.ts";

/** As many as the adapter's pool has. */
const FILES = 6;

/** The adapter's, so that both sides pay for checkpoints alike. */
const CHECKPOINT_PAGES = 1_500;

/** sqlite-wasm by hand, through its own interface (oo1): the limit that the store is measured against. */
export interface RawDatabase {
  readonly database: Database;
  /** Writes this many events in one transaction, row by row. Default of `payloads`: those of the benchmark. */
  write(size: number, payloads?: readonly unknown[]): void;
  close(): void;
}

/** A separate pool for the hand-written database. It must have been closed wherever it was open before. */
export function openRawPool(sqlite3: Sqlite3Static, directory: string): Promise<SAHPoolUtil> {
  return sqlite3.installOpfsSAHPoolVfs({
    name: `raw-${directory}`,
    directory,
    initialCapacity: FILES,
    preserveOnInitFailure: true,
    forceReinitIfPreviouslyFailed: true,
  } as Parameters<Sqlite3Static["installOpfsSAHPoolVfs"]>[0]);
}

/** The store's own schema and pragmas, or SQLite's default journal; what was there stays. */
export function openRaw(pool: SAHPoolUtil, file: string, journal: "wal" | "delete"): RawDatabase {
  const database = new pool.OpfsSAHPoolDb(file);
  if (journal === "wal") database.exec("PRAGMA locking_mode = exclusive; PRAGMA journal_mode = wal");
  database.exec(
    `PRAGMA synchronous = full; PRAGMA temp_store = memory; PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`,
  );
  const found = database.selectValue("PRAGMA journal_mode");
  if (found !== journal)
    throw new Error(`the raw side should have the journal "${journal}", not ${JSON.stringify(found)}`);
  if (database.selectValue("SELECT count(*) FROM sqlite_schema") === 0) {
    database.exec(`${SCHEMA} INSERT INTO types (name) VALUES ('happened'); INSERT INTO streams (name) VALUES ('one')`);
  }
  const insert = database.prepare(INSERT);
  const begin = database.prepare("BEGIN IMMEDIATE");
  const commit = database.prepare("COMMIT");
  const newId = createIds();
  let position = (database.selectValue("SELECT max(position) FROM events") as number | null) ?? 0;

  return {
    database,
    write(size, payloads = PAYLOADS) {
      begin.stepReset();
      for (let index = 0; index < size; index++) {
        position += 1;
        const data = JSON.stringify(payloads[index % payloads.length]);
        insert.bind([position, 1, position, newId(), 1, 1, data, null, Date.now()]).stepReset();
      }
      commit.stepReset();
    },
    close() {
      for (const statement of [insert, begin, commit]) statement.finalize();
      database.close();
    },
  };
}

/** UUIDv7s as 16 bytes: the time, then random bytes, which are requested in bulk. */
function createIds(): () => Uint8Array {
  const chance = new Uint8Array(4096);
  let used = chance.length;
  return () => {
    if (used === chance.length) {
      crypto.getRandomValues(chance);
      used = 0;
    }
    const id = chance.slice(used, (used += 16));
    const now = Date.now();
    const view = new DataView(id.buffer);
    view.setUint32(0, Math.floor(now / 0x10000));
    view.setUint16(4, now % 0x10000);
    id[6] = ((id[6] as number) & 0x0f) | 0x70;
    id[8] = ((id[8] as number) & 0x3f) | 0x80;
    return id;
  };
}
