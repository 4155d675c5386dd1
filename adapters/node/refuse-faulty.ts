import { EventStoreError, messageOf, type SqliteDriver } from "../../src/adapter.ts";
import type { Engine } from "./engine.ts";
import { runtimeName } from "./runtime-name.ts";

/**
 * Refuses an engine whose binding or SQLite lacks a needed function or loses stored data. Tries it in memory, where no other process can
 * interfere.
 *
 * @throws `storage-unavailable`, or the binding's errors.
 */
export function refuseFaulty(engine: Engine): void {
  const driver = engine.open(undefined);
  const fault = findFault(driver);
  driver.close();
  if (fault === undefined) return;
  const message = `${runtimeName()} has a ${engine.name} that ${fault}: ${engine.upgrade}`;
  throw new EventStoreError("storage-unavailable", message, { reason: `${engine.name}-version` });
}

/** Uses every function that rivulet itself needs, and that a SQLite may be built without. */
const NEEDED =
  "SELECT 'a' || char(0) || 'b', json_quote(value), concat_ws(',', 1), octet_length('a'), unhex('00') FROM json_each('[1]')";

function findFault(driver: SqliteDriver): string | undefined {
  try {
    if (typeof driver.inTransaction !== "boolean") return "does not tell whether a transaction is open";
    const [text] = driver.prepare(NEEDED).get() ?? [];
    return text === "a\0b" ? undefined : "cuts texts off at a NUL character";
  } catch (error) {
    return `does not work: ${messageOf(error)}`;
  }
}
