import type { NewParkedRecord, ParkedRecord } from "../../storage/protocol.ts";
import type { SqliteDriver } from "../driver.ts";
import { SELECT_PARKED, toParked } from "../rows.ts";

/** The parked events of read models and consumers, their owners. Synchronous; the caller opens the transaction. */
export interface ParkedTable {
  add(owner: string, records: readonly NewParkedRecord[]): void;
  has(owner: string, position: number): boolean;
  /** Records another failed attempt. */
  failAgain(owner: string, record: NewParkedRecord): void;
  remove(owner: string, position: number): void;
  list(owner: string): readonly ParkedRecord[];
  removeAll(owner: string): void;
  /** Gives all parked events of one owner to another. */
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
  const selectAll = driver.prepare(`${SELECT_PARKED} ORDER BY p.position`);
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
    list: (owner) => selectAll.all(owner).map(toParked),
    removeAll(owner) {
      removeAll.run(owner);
    },
    giveAll(from, to) {
      giveAll.run(to, from);
    },
  };
}
