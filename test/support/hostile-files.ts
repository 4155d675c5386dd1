import Database from "better-sqlite3";
import { copyFileSync } from "node:fs";
import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { defineReadModel, sql, table } from "rivulet/read-models";
import { temporaryPath } from "./temporary.ts";

/** A manipulated database. */
export interface HostileFile {
  readonly what: string;
  /** The error code of opening and importing it. */
  readonly code: "storage-format" | "storage-corrupt";
  readonly path: string;
}

/** The number of events of the valid database that the others are made from. */
export const SOUND_EVENTS = 6;

const TABLES = [
  "meta",
  "streams",
  "types",
  "events",
  "snapshots",
  "models",
  "leases",
  "checkpoints",
  "parked",
  "followed",
  "outbox",
  "results",
] as const;
const MOMENTS = ["BEFORE INSERT", "AFTER INSERT", "AFTER UPDATE", "AFTER DELETE"] as const;

/** A table under its own name, made anew with a changed declaration: as its author would do it, with the rows in it. */
function redeclare(name: string, from: string, to: string): string {
  return `PRAGMA writable_schema = ON;
    UPDATE sqlite_schema SET sql = replace(sql, '${from.replaceAll("'", "''")}', '${to.replaceAll("'", "''")}')
    WHERE name = '${name}';
    PRAGMA writable_schema = RESET`;
}

/** Made anew, so that its automatic indexes go as well. */
function rebuild(name: string, declaration: string, copy = `INSERT INTO ${name} SELECT * FROM kept`): string {
  return `CREATE TEMP TABLE kept AS SELECT * FROM ${name}; DROP TABLE ${name}; ${declaration}; ${copy}`;
}

const EVENTS =
  "position INTEGER PRIMARY KEY, stream INTEGER NOT NULL, version INTEGER NOT NULL, id ANY NOT NULL UNIQUE, type INTEGER NOT NULL, type_version INTEGER NOT NULL, data TEXT, metadata TEXT, timestamp INTEGER NOT NULL, recorded INTEGER";

const DECLARED: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    TABLES.flatMap((name) =>
      MOMENTS.map((moment) => [
        `a trigger ${moment} on ${name}`,
        `CREATE TRIGGER t ${moment} ON ${name} BEGIN DELETE FROM events WHERE position > 3; END`,
      ]),
    ),
  ),
  "a trigger on a read model's table": `CREATE TRIGGER t AFTER INSERT ON "names.1.names" BEGIN DELETE FROM events; END`,
  "a trigger named as rivulet's index": `CREATE TRIGGER "names.1.names.0.9" AFTER INSERT ON "names.1.names" BEGIN DELETE FROM events; END`,
  "a view beside the tables": "CREATE VIEW v AS SELECT 1",
  "a view named as a read model's table": `CREATE VIEW "names.1.more" AS SELECT * FROM events`,
  "a view in place of events":
    "ALTER TABLE events RENAME TO real; CREATE VIEW events AS SELECT * FROM real WHERE position < 3",
  "a view that never ends": `ALTER TABLE events RENAME TO real; CREATE VIEW events AS WITH RECURSIVE n (position) AS (SELECT 1 UNION ALL SELECT position + 1 FROM n)
     SELECT position, 1 stream, position version, 'x' id, 1 type, 1 type_version, NULL data, NULL metadata, 0 timestamp FROM n`,
  "a view in place of streams": "ALTER TABLE streams RENAME TO real; CREATE VIEW streams AS SELECT * FROM real",
  "a view in place of models":
    "DROP TABLE models; CREATE VIEW models AS SELECT 'x' name, 1 schema, '[]' tables, 0 checkpoint, 0 built, 0 generation, NULL rebuild, NULL rebuild_code",
  "a full-text table in place of events": `DROP TABLE events; CREATE VIRTUAL TABLE events USING fts5 (position, stream, version, id, type, type_version, data, metadata, timestamp)`,
  "a full-text table beside the tables": "CREATE VIRTUAL TABLE f USING fts5 (x)",
  "a full-text table named as a read model's": `CREATE VIRTUAL TABLE "names.1.f" USING fts5 (x)`,
  "an r-tree beside the tables": "CREATE VIRTUAL TABLE r USING rtree (id, a, b)",
  "a table of somebody else": "CREATE TABLE theirs (a)",
  "a table of a read model that is not registered": `CREATE TABLE "other.1.t" (a)`,
  "a table that looks like SQLite's statistics":
    "ANALYZE; PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'CREATE TABLE sqlite_stat1(tbl,idx,stat,more)' WHERE name = 'sqlite_stat1'",
  "an index on events": "CREATE INDEX i ON events (type)",
  "an index on an expression": "CREATE INDEX i ON events (length(data))",
  "an index on a part": "CREATE UNIQUE INDEX i ON events (type) WHERE position > 100",
  "a unique index that refuses appends": "CREATE UNIQUE INDEX i ON events (position % 7, type)",
  "an index named as a read model's, on events": `CREATE INDEX "names.1.names.0.7" ON events (type)`,
  "events without its constraints": rebuild("events", `CREATE TABLE events (${EVENTS.replace(" UNIQUE", "")}) STRICT`),
  "events without unique versions": rebuild("events", `CREATE TABLE events (${EVENTS}) STRICT`),
  "events not strict": rebuild("events", `CREATE TABLE events (${EVENTS}, UNIQUE (stream, version))`),
  "events with a conflict clause": rebuild(
    "events",
    `CREATE TABLE events (${EVENTS.replace("UNIQUE", "UNIQUE ON CONFLICT IGNORE")}, UNIQUE (stream, version)) STRICT`,
  ),
  "events with a check": rebuild(
    "events",
    `CREATE TABLE events (${EVENTS}, UNIQUE (stream, version), CHECK (position < 9)) STRICT`,
  ),
  "events with AUTOINCREMENT": rebuild(
    "events",
    `CREATE TABLE events (${EVENTS.replace("PRIMARY KEY", "PRIMARY KEY AUTOINCREMENT")}, UNIQUE (stream, version)) STRICT`,
  ),
  "events with a foreign key": rebuild(
    "events",
    `CREATE TABLE events (${EVENTS.replace("stream INTEGER NOT NULL", "stream INTEGER NOT NULL REFERENCES streams (id) ON DELETE CASCADE")}, UNIQUE (stream, version)) STRICT`,
  ),
  "events without a row's number": rebuild(
    "events",
    `CREATE TABLE events (${EVENTS}, UNIQUE (stream, version)) STRICT, WITHOUT ROWID`,
  ),
  "events with a generated column": "ALTER TABLE events ADD COLUMN g TEXT AS (upper(data))",
  "events with one column more": "ALTER TABLE events ADD COLUMN more TEXT",
  "streams without unique names": rebuild(
    "streams",
    "CREATE TABLE streams (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT",
  ),
  "streams under a collation": rebuild(
    "streams",
    "CREATE TABLE streams (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE COLLATE NOCASE) STRICT",
  ),
  "types under a collation": rebuild(
    "types",
    "CREATE TABLE types (id INTEGER PRIMARY KEY, name TEXT NOT NULL COLLATE NOCASE UNIQUE) STRICT",
  ),
  "types with a default": rebuild(
    "types",
    "CREATE TABLE types (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE DEFAULT 'x') STRICT",
  ),
  "meta with a rowid": rebuild("meta", "CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY) STRICT"),
  "snapshots without a key": rebuild(
    "snapshots",
    "CREATE TABLE snapshots (stream INTEGER NOT NULL, projection TEXT NOT NULL, schema INTEGER NOT NULL, version INTEGER NOT NULL, timestamp INTEGER NOT NULL, state TEXT NOT NULL) STRICT",
  ),
  "leases with a rowid": rebuild(
    "leases",
    "CREATE TABLE leases (name TEXT PRIMARY KEY, holder TEXT NOT NULL, token INTEGER NOT NULL, expires INTEGER NOT NULL) STRICT",
  ),
  "events whose comment hides a constraint": redeclare(
    "events",
    "position INTEGER PRIMARY KEY",
    "position INTEGER PRIMARY KEY /* here */",
  ),
  "a column named by other letters": redeclare("events", "metadata TEXT", "Metadata TEXT"),
  "a white space that is none to SQLite": redeclare("parked", "message TEXT", "message\u00a0 TEXT"),
  "one page for two tables": `PRAGMA writable_schema = ON; UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'streams') WHERE name = 'types'`,
  "a statement in the name of a read model's table": `UPDATE models SET tables = replace(tables, 'names.1.names', 'names.1.n" (a); DELETE FROM events; --')`,
  "a statement in the name of a read model": `UPDATE models SET name = 'x"; DELETE FROM events; --'`,
  "a read model whose tables are no JSON": "UPDATE models SET tables = '['",
  "a read model at no position": "UPDATE models SET checkpoint = -1",
  ...Object.fromEntries(TABLES.map((name) => [`no table ${name}`, `DROP TABLE ${name}`])),
  "format 0": "PRAGMA user_version = 0",
  "format -1": "PRAGMA user_version = -1",
  "the least format there can be": "PRAGMA user_version = -2147483648",
  "a format that it is not, of before": "PRAGMA user_version = 1",
  "a newer format": "PRAGMA user_version = 2147483647",
  "another application": "PRAGMA application_id = 7",
};

const VALUES: Readonly<Record<string, string>> = {
  "a head at 2^53 - 1": `UPDATE events SET position = 9007199254740991 WHERE position = ${SOUND_EVENTS}`,
  "a head at 2^63 - 1": `UPDATE events SET position = 9223372036854775807 WHERE position = ${SOUND_EVENTS}`,
  "a position 0": "UPDATE events SET position = 0 WHERE position = 1",
  "a position below 0": "UPDATE events SET position = -5 WHERE position = 1",
  "a gap before the head": `DELETE FROM events WHERE position = ${SOUND_EVENTS - 1}`,
  "a version missing at the head": `UPDATE events SET version = 40 WHERE position = ${SOUND_EVENTS}`,
  "a version at 2^53": `UPDATE events SET version = 9007199254740992 WHERE position = ${SOUND_EVENTS}`,
  "a time beyond all": `UPDATE events SET timestamp = 9223372036854775807 WHERE position = ${SOUND_EVENTS}`,
  "a time before all": `UPDATE events SET timestamp = -1 WHERE position = ${SOUND_EVENTS}`,
  "a largest event that is no number": "INSERT OR REPLACE INTO meta VALUES ('largest_event', 'x')",
  "a largest event below 0": "INSERT OR REPLACE INTO meta VALUES ('largest_event', -1)",
  "a last lease that is bytes": "INSERT OR REPLACE INTO meta VALUES ('last_lease', x'00')",
  "a last lease at 2^63 - 1": "INSERT OR REPLACE INTO meta VALUES ('last_lease', 9223372036854775807)",
};

/** Makes all of them from one valid database with a read model, a snapshot and a checkpoint. */
export async function makeHostileFiles(): Promise<readonly HostileFile[]> {
  const sound = await makeSoundFile();
  const make =
    (code: HostileFile["code"]) =>
    ([what, change]: [string, string]) => ({
      what,
      code,
      path: changedCopy(sound, change),
    });
  return [
    ...Object.entries(DECLARED).map(make("storage-format")),
    ...Object.entries(VALUES).map(make("storage-corrupt")),
  ];
}

/** Makes a database with everything that rivulet creates. */
export async function makeSoundFile(): Promise<string> {
  const path = temporaryPath();
  await using store = await openEventStore(betterSqlite3({ path, durability: "normal" }), { clock: () => 1_000 });
  const stream = store.stream("kept");
  for (let data = 1; data <= SOUND_EVENTS; data++) await stream.append({ type: "noted", data });
  await stream.saveSnapshot({ projection: "sum", version: 2, state: 3 });
  const names = table("names", "n INTEGER PRIMARY KEY, text TEXT UNIQUE", { indexes: ["text, n"] });
  const on = { noted: ({ position }: { position: number }) => sql`INSERT INTO ${names} VALUES (${position}, NULL)` };
  const model = await store.readModel(defineReadModel({ name: "names", tables: [names], on }));
  await model.caughtUp();
  await model.rebuild();
  return path;
}

/** Makes a copy of a closed database that SQL has changed, including its schema, as one file. */
export function changedCopy(path: string, change: string): string {
  const copy = temporaryPath();
  copyFileSync(path, copy);
  const database = new Database(copy);
  database.unsafeMode(true);
  database.pragma("foreign_keys = OFF");
  database.pragma("journal_mode = DELETE");
  database.exec(change);
  database.close();
  return copy;
}
