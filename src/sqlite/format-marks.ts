import type { SqliteDriver } from "./driver.ts";
import { normalizeSql, schemaAfter } from "./expected-schema.ts";
import { APPLICATION_ID, FORMAT_1 } from "./schema.ts";

/** What a database says of itself before any of its tables is trusted. */
export interface FormatMarks {
  /** The application id; 0: none. */
  readonly application: number;
  /** 0: none. */
  readonly format: number;
  /** How many tables, indexes, views and triggers it has. */
  readonly objects: number;
}

/** Reads all three in one statement: separate statements could see a file that another process is creating in different states. */
const SELECT_MARKS =
  "SELECT (SELECT application_id FROM pragma_application_id), (SELECT user_version FROM pragma_user_version), " +
  "(SELECT count(*) FROM sqlite_schema)";

/** Where there are no pragmas, two rows of `meta` stand for `application_id` and `user_version`. */
const SELECT_META =
  "SELECT (SELECT value FROM meta WHERE key = 'application'), (SELECT value FROM meta WHERE key = 'format')";

/** Reads them without running any SQL of the database's own. */
export function readMarks(driver: SqliteDriver): FormatMarks {
  const [application, format, objects] =
    driver.pragmas === undefined ? inHeader(driver) : inMeta(driver, driver.pragmas);
  return { application, format, objects };
}

/** Marks a database as rivulet's. Call it inside the transaction that brings it to this format. */
export function writeMarks(driver: SqliteDriver, format: number): void {
  driver.exec(
    driver.pragmas === undefined
      ? `PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${format}`
      : `INSERT OR REPLACE INTO meta (key, value) VALUES ('application', ${APPLICATION_ID}), ('format', ${format})`,
  );
}

type Marks = readonly [application: number, format: number, objects: number];

function inHeader(driver: SqliteDriver): Marks {
  return driver.prepare(SELECT_MARKS).get() as unknown as Marks;
}

function inMeta(driver: SqliteDriver, { reserved }: NonNullable<SqliteDriver["pragmas"]>): Marks {
  const rows = driver
    .prepare("SELECT name, sql FROM sqlite_schema WHERE substr(name, 1, length(?)) <> ?")
    .all(reserved, reserved);
  const [, sql] = rows.find(([name]) => name === "meta") ?? [];
  // Another table of that name may have other columns, or be a view that computes them.
  if (typeof sql !== "string" || normalizeSql(sql) !== META) return [0, 0, rows.length];
  const [application, format] = driver.prepare(SELECT_META).get() ?? [];
  return [Number(application ?? 0), Number(format ?? 0), rows.length];
}

const META = schemaAfter([FORMAT_1]).get("meta")?.sql;
