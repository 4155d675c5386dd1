import { EventStoreError } from "../errors.ts";
import type { SqliteDriver } from "./driver.ts";
import { RANDOM_UUID } from "./schema.ts";

/** The lineage of a database. Throws `storage-corrupt` where it has none. */
export function readLineage(driver: SqliteDriver): string {
  const lineage = driver.prepare("SELECT value FROM meta WHERE key = 'lineage'").get()?.[0];
  if (typeof lineage === "string" && lineage !== "") return lineage;
  const message = "the database has no lineage: it was damaged, or changed by something other than rivulet";
  throw new EventStoreError("storage-corrupt", message, {});
}

/** Gives a database a lineage of its own: it is a copy that goes on as another store. */
export function renewLineage(driver: SqliteDriver): void {
  driver.exec(`INSERT OR REPLACE INTO meta (key, value) VALUES ('lineage', ${RANDOM_UUID})`);
}
