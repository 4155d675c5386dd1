import { EventStoreError } from "../errors.ts";
import type { SqliteDriver } from "./driver.ts";
import { APPLICATION_ID, FORMAT_1, FORMAT_2, FORMAT_3 } from "./schema.ts";

/** One statement sees one state: read one after the other, they would be torn where somebody else just makes the file. */
const FORMAT_MARKS =
  "SELECT (SELECT application_id FROM pragma_application_id), (SELECT user_version FROM pragma_user_version), " +
  "(SELECT count(*) FROM sqlite_schema)";

/** What leads from each format to the next; the first starts from an empty file. Steps are never changed, only added. */
export const MIGRATIONS: readonly string[] = [FORMAT_1, FORMAT_2, FORMAT_3];

/** Whether a file is in the present format, or can be brought to it. */
export type FormatState = "current" | "older";

/**
 * Looks at a file without changing it. Throws `storage-format` for a database of another application, or of a newer format.
 */
export function inspectFormat(driver: SqliteDriver, migrations: readonly string[] = MIGRATIONS): FormatState {
  const supported = migrations.length;
  const [application, found, tables] = driver.prepare(FORMAT_MARKS).get() as [number, number, number];
  if (application === 0 && found === 0 && tables === 0) return "older";
  if (application !== APPLICATION_ID) {
    throw new EventStoreError(
      "storage-format",
      "this SQLite database belongs to another application: choose another path",
      {
        found: application,
        supported,
      },
    );
  }
  if (found > supported) {
    throw new EventStoreError(
      "storage-format",
      `this database has format ${found}, and this version of rivulet knows formats up to ${supported}: update rivulet`,
      { found, supported },
    );
  }
  return found === supported ? "current" : "older";
}

/** Brings a file to the present format, in one transaction: it is done whole or not at all. */
export function migrate(driver: SqliteDriver, migrations: readonly string[] = MIGRATIONS): void {
  driver.transaction("write", () => {
    // Somebody else may have done it while this one waited for the lock.
    if (inspectFormat(driver, migrations) !== "older") return;
    const found = driver.prepare("PRAGMA user_version").get()?.[0] as number;
    for (const step of migrations.slice(found)) driver.exec(step);
    driver.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${migrations.length}`);
  });
}
