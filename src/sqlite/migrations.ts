import { EventStoreError } from "../errors.ts";
import { findSchemaProblems } from "./check-schema.ts";
import type { SqliteDriver } from "./driver.ts";
import { readMarks, writeMarks } from "./format-marks.ts";
import { APPLICATION_ID, FORMAT_1, FORMAT_2, FORMAT_3, FORMAT_4, FORMAT_5, FORMAT_6, FORMAT_7 } from "./schema.ts";

/** The SQL that migrates each format to the next; the first starts from an empty file. Migrations are added, never changed. */
export const MIGRATIONS: readonly string[] = [FORMAT_1, FORMAT_2, FORMAT_3, FORMAT_4, FORMAT_5, FORMAT_6, FORMAT_7];

/** Whether a file has the current format, or an older one that can be migrated. */
export type FormatState = "current" | "older";

/**
 * Configures the connection for an untrusted file: its schema may call only harmless functions, and damaged pages are reported
 * (https://sqlite.org/security.html). The file is not changed.
 */
export function distrust(driver: SqliteDriver): void {
  if (driver.pragmas === undefined) driver.exec("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON");
}

/**
 * Inspects a file without changing it, and before any SQL in its schema can run.
 *
 * @throws `storage-format` for a database of another application or of a newer format, and for one whose schema is not exactly that
 * of its format.
 */
export function inspectFormat(driver: SqliteDriver, migrations: readonly string[] = MIGRATIONS): FormatState {
  return atOneMoment(driver, () => {
    const found = findFormat(driver, migrations.length);
    if (found > 0) refuseOtherSchema(driver, migrations.slice(0, found), migrations.length);
    return found === migrations.length ? "current" : "older";
  });
}

/** Runs `read` in a read transaction, or in the transaction that is already open. */
export function atOneMoment<T>(driver: SqliteDriver, read: () => T): T {
  return driver.inTransaction ? read() : driver.transaction("read", read);
}

/** Refuses a schema that is not the one that these migrations create. @throws `storage-format`. */
function refuseOtherSchema(driver: SqliteDriver, steps: readonly string[], supported: number): void {
  const [first] = findSchemaProblems(driver, steps);
  if (first === undefined) return;
  throw new EventStoreError(
    "storage-format",
    `the schema of this database was changed by something other than rivulet: ${first}: use a copy from before that`,
    { found: `format ${steps.length}: ${first}`, supported },
  );
}

/** Returns the format of a file; 0 if it is empty. @throws `storage-format` for a file that is not rivulet's or has a newer format. */
export function findFormat(driver: SqliteDriver, supported: number = MIGRATIONS.length): number {
  const { application, format: found, objects } = readMarks(driver);
  if (application === 0 && found === 0 && objects === 0) return 0;
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
    const message = `this database has format ${found}, but formats begin at 1: restore it from a copy`;
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

/** Refuses a file that would have to be migrated first. @throws `storage-format`. */
export function refuseOlder(driver: SqliteDriver, migrations: readonly string[]): void {
  const { format: found } = readMarks(driver);
  const supported = migrations.length;
  const message = `this database has format ${found}, and is not to be upgraded to format ${supported} here`;
  throw new EventStoreError("storage-format", message, { found, supported });
}

/** Migrates a file to the current format in one transaction. */
export function migrate(driver: SqliteDriver, migrations: readonly string[] = MIGRATIONS): void {
  driver.transaction("write", () => {
    // Another process may have migrated the file while this one waited for the lock.
    if (inspectFormat(driver, migrations) !== "older") return;
    for (const step of migrations.slice(readMarks(driver).format)) driver.exec(step);
    writeMarks(driver, migrations.length);
    refuseOtherSchema(driver, migrations, migrations.length);
  });
}
