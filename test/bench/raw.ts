import Database from "better-sqlite3";
import { randomBytes } from "node:crypto";
import { SCHEMA } from "./raw-schema.ts";

/** better-sqlite3 by hand: the limit that the store is measured against. Same schema, pragmas and data. */
export function openRaw(path: string, synchronous: "FULL" | "NORMAL"): Database.Database {
  const database = new Database(path);
  database.pragma("journal_mode = WAL");
  database.pragma(`synchronous = ${synchronous}`);
  database.pragma("wal_autocheckpoint = 8000");
  database.exec(SCHEMA);
  database.exec("INSERT INTO types (name) VALUES ('happened')");
  return database;
}

/** A UUIDv7 as 16 bytes: the time, then random bytes. */
export function uuidv7(): Buffer {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(Date.now(), 0, 6);
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  return bytes;
}
