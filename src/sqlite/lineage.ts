import { EventStoreError } from "../errors.ts";
import type { SqliteDriver } from "./driver.ts";
import { RANDOM_UUID } from "./schema.ts";

/** The format from which on every database has a lineage. */
const FIRST_FORMAT = 4;

/** Whether a database has the lineage that its format gives it. */
export function hasLineage(driver: SqliteDriver): boolean {
  const format = driver.prepare("PRAGMA user_version").get()?.[0] as number;
  return format < FIRST_FORMAT || isLineage(selectLineage(driver));
}

/** The lineage of a database. Throws `storage-corrupt` where it has none. */
export function readLineage(driver: SqliteDriver): string {
  const lineage = selectLineage(driver);
  if (isLineage(lineage)) return lineage;
  throw new EventStoreError("storage-corrupt", "meta, lineage: missing: restore the database from a copy", {});
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
