import { EventStoreError } from "../errors.ts";
import type { SqliteDriver } from "./driver.ts";
import { readMarks } from "./format-marks.ts";
import { RANDOM_UUID } from "./schema.ts";

/** The first format whose databases have a lineage. */
const FIRST_FORMAT = 4;

/** Tells whether a database has a lineage, if its format requires one. */
export function hasLineage(driver: SqliteDriver): boolean {
  return readMarks(driver).format < FIRST_FORMAT || isLineage(selectLineage(driver));
}

/** Reads the lineage of a database. @throws `storage-corrupt` if it is missing. */
export function readLineage(driver: SqliteDriver): string {
  const lineage = selectLineage(driver);
  if (isLineage(lineage)) return lineage;
  throw new EventStoreError("storage-corrupt", "meta, lineage: missing: restore the database from a copy", {});
}

/**
 * Gives a database a new lineage, because it is a copy that becomes a store of its own.
 *
 * @example
 * ```ts
 * const { lineage } = await file.info();
 * renewLineage(driver);
 * const values = driver.prepare("SELECT value FROM meta").all().flat();
 * console.log(values.includes(lineage)); // → false
 * ```
 */
export function renewLineage(driver: SqliteDriver): void {
  driver.exec(`INSERT OR REPLACE INTO meta (key, value) VALUES ('lineage', ${RANDOM_UUID})`);
}

function selectLineage(driver: SqliteDriver): unknown {
  return driver.prepare("SELECT value FROM meta WHERE key = 'lineage'").get()?.[0];
}

function isLineage(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
