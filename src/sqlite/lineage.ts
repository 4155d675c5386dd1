import { EventStoreError } from "../errors.ts";
import type { SqliteDriver } from "./driver.ts";
import { RANDOM_UUID } from "./schema.ts";

/** Whether a database of the present format has the lineage that it was given. */
export function hasLineage(driver: SqliteDriver): boolean {
  return isLineage(selectLineage(driver));
}

/** The lineage of a database. Throws `storage-corrupt` where it has none. */
export function readLineage(driver: SqliteDriver): string {
  const lineage = selectLineage(driver);
  if (isLineage(lineage)) return lineage;
  const message = "the database has no lineage: it was damaged, or changed by something other than rivulet";
  throw new EventStoreError("storage-corrupt", message, {});
}

/** Gives a database a lineage of its own: it is a copy that goes on as another store. */
export function renewLineage(driver: SqliteDriver): void {
  driver.exec(`INSERT OR REPLACE INTO meta (key, value) VALUES ('lineage', ${RANDOM_UUID})`);
}

function selectLineage(driver: SqliteDriver): unknown {
  return driver.prepare("SELECT value FROM meta WHERE key = 'lineage'").get()?.[0];
}

function isLineage(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
