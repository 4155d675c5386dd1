import { EventStoreError } from "../errors.ts";
import { findSchemaProblems } from "./check-schema.ts";
import type { SqliteDriver } from "./driver.ts";
import { APPLICATION_ID, FORMAT_1, FORMAT_2, FORMAT_3, FORMAT_4 } from "./schema.ts";

/** One statement sees one state: read one after the other, they would be torn where somebody else just makes the file. */
const FORMAT_MARKS =
  "SELECT (SELECT application_id FROM pragma_application_id), (SELECT user_version FROM pragma_user_version), " +
  "(SELECT count(*) FROM sqlite_schema)";

/** The SQL that migrates each format to the next; the first starts from an empty file. Migrations are added, never changed. */
export const MIGRATIONS: readonly string[] = [FORMAT_1, FORMAT_2, FORMAT_3, FORMAT_4];

/** Whether a file is in the present format, or can be brought to it. */
export type FormatState = "current" | "older";

/**
 * Settings of the connection for a file that is not trusted: what its schema calls must be harmless, and damaged pages are told
 * (https://sqlite.org/security.html). They change nothing in the file.
 */
export function distrust(driver: SqliteDriver): void {
  driver.exec("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON");
}

/**
 * Looks at a file without changing it, and before any SQL of its own can run. Throws `storage-format` for a database of another
 * application, one of a newer format, and one whose schema is not exactly that of its format.
 */
export function inspectFormat(driver: SqliteDriver, migrations: readonly string[] = MIGRATIONS): FormatState {
  return atOneMoment(driver, () => {
    const found = findFormat(driver, migrations.length);
    if (found > 0) refuseOtherSchema(driver, migrations.slice(0, found), migrations.length);
    return found === migrations.length ? "current" : "older";
  });
}

/** Runs `read` inside a read transaction, or inside the transaction that is open. */
export function atOneMoment<T>(driver: SqliteDriver, read: () => T): T {
  return driver.inTransaction ? read() : driver.transaction("read", read);
}

/** Throws the `storage-format` for a schema that is not what these steps make. */
function refuseOtherSchema(driver: SqliteDriver, steps: readonly string[], supported: number): void {
  const [first] = findSchemaProblems(driver, steps);
  if (first === undefined) return;
  throw new EventStoreError(
    "storage-format",
    `the schema of this database was changed by something other than rivulet: ${first}: use a copy from before that`,
    { found: `format ${steps.length}: ${first}`, supported },
  );
}

/** The format of a file; 0: it is empty. Throws `storage-format` for one that is not rivulet's, or newer. */
export function findFormat(driver: SqliteDriver, supported: number = MIGRATIONS.length): number {
  const [application, found, tables] = driver.prepare(FORMAT_MARKS).get() as [number, number, number];
  if (application === 0 && found === 0 && tables === 0) return 0;
  if (application !== APPLICATION_ID) {
    throw new EventStoreError(
      "storage-format",
      "this SQLite database belongs to another application: use another file",
      {
        found: application,
        supported,
      },
    );
  }
  if (found < 1) {
    const message = `this database says of itself that it has format ${found}, and formats begin at 1: use a copy from before that`;
    throw new EventStoreError("storage-format", message, { found, supported });
  }
  if (found > supported) {
    throw new EventStoreError(
      "storage-format",
      `this database has format ${found}, and this version of rivulet knows formats up to ${supported}: update rivulet`,
      { found, supported },
    );
  }
  return found;
}

/** Brings a file to the present format, in one transaction: it is done whole or not at all. */
export function migrate(driver: SqliteDriver, migrations: readonly string[] = MIGRATIONS): void {
  driver.transaction("write", () => {
    // Somebody else may have done it while this one waited for the lock.
    if (inspectFormat(driver, migrations) !== "older") return;
    const found = driver.prepare("PRAGMA user_version").get()?.[0] as number;
    for (const step of migrations.slice(found)) driver.exec(step);
    driver.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${migrations.length}`);
    refuseOtherSchema(driver, migrations, migrations.length);
  });
}
