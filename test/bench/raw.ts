import Database from "better-sqlite3";
import { createHash, randomBytes } from "node:crypto";

/** The tables of format 1, as somebody would make them by hand. */
const SCHEMA = `
  CREATE TABLE streams (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE types (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE events (
    position INTEGER PRIMARY KEY, stream INTEGER NOT NULL, version INTEGER NOT NULL, id ANY NOT NULL UNIQUE,
    type INTEGER NOT NULL, schema_version INTEGER NOT NULL, data TEXT, metadata TEXT, timestamp INTEGER NOT NULL,
    UNIQUE (stream, version)
  ) STRICT;
`;

export const INSERT =
  "INSERT INTO events (position, stream, version, id, type, schema_version, data, metadata, timestamp) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";

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

/** 269 bytes of JSON. */
export function payload(index: number): { readonly index: number; readonly note: string } {
  const note = createHash("sha256").update(String(index)).digest("hex").repeat(4);
  const base = { index, note: "" };
  return { index, note: note.slice(0, 269 - JSON.stringify(base).length) };
}

/** A UUIDv7 as 16 bytes: the time, then chance. */
export function uuidv7(): Buffer {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(Date.now(), 0, 6);
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  return bytes;
}
