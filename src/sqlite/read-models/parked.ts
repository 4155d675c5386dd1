import { idFromText } from "../../events/ids.ts";
import type { NewParkedRecord, ParkedRecord } from "../../storage/protocol.ts";
import type { SqliteDriver } from "../driver.ts";
import { ID_TEXT } from "../rows.ts";

/** Events that somebody, the owner, could not take. Synchronous; the caller has the transaction. */
export interface ParkedTable {
  add(owner: string, records: readonly NewParkedRecord[]): void;
  has(owner: string, position: number): boolean;
  /** It was tried once more. */
  failAgain(owner: string, record: NewParkedRecord): void;
  remove(owner: string, position: number): void;
  list(owner: string): readonly ParkedRecord[];
  removeAll(owner: string): void;
  giveAll(from: string, to: string): void;
}

export function createParkedTable(driver: SqliteDriver): ParkedTable {
  const insert = driver.prepare(
    "INSERT OR REPLACE INTO parked (owner, position, message, attempts, timestamp) VALUES (?, ?, ?, 1, ?)",
  );
  const select = driver.prepare("SELECT 1 FROM parked WHERE owner = ? AND position = ?");
  const update = driver.prepare(
    "UPDATE parked SET message = ?, timestamp = ?, attempts = attempts + 1 WHERE owner = ? AND position = ?",
  );
  const remove = driver.prepare("DELETE FROM parked WHERE owner = ? AND position = ?");
  const selectAll = driver.prepare(
    `SELECT p.position, p.message, p.timestamp, p.attempts, ${ID_TEXT}, t.name FROM parked p ` +
      "JOIN events e ON e.position = p.position JOIN types t ON t.id = e.type WHERE p.owner = ? ORDER BY p.position",
  );
  const removeAll = driver.prepare("DELETE FROM parked WHERE owner = ?");
  const giveAll = driver.prepare("UPDATE parked SET owner = ? WHERE owner = ?");

  return {
    add(owner, records) {
      for (const { position, message, timestamp } of records) insert.run(owner, position, message, timestamp);
    },
    has: (owner, position) => select.get(owner, position) !== undefined,
    failAgain(owner, { position, message, timestamp }) {
      update.run(message, timestamp, owner, position);
    },
    remove(owner, position) {
      remove.run(owner, position);
    },
    list: (owner) =>
      (selectAll.all(owner) as [number, string, number, number, string, string][]).map(
        ([position, message, timestamp, attempts, id, type]) => ({
          position,
          message,
          timestamp,
          attempts,
          id: idFromText(id),
          type,
        }),
      ),
    removeAll(owner) {
      removeAll.run(owner);
    },
    giveAll(from, to) {
      giveAll.run(to, from);
    },
  };
}
