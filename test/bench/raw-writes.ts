import type Database from "better-sqlite3";
import { randomUUID } from "node:crypto";
import { PAYLOADS } from "./payload.ts";
import { uuidv7 } from "./raw.ts";
import { INSERT } from "./raw-schema.ts";

/** Returns a function that writes so many events by hand, in one transaction. `makeId`: default, ids that rise with time. */
export function createRawWriter(raw: Database.Database, makeId: () => Buffer = uuidv7): (size: number) => void {
  const begin = raw.prepare("BEGIN IMMEDIATE");
  const commit = raw.prepare("COMMIT");
  const insert = raw.prepare(INSERT);
  raw.prepare("INSERT INTO streams (name) VALUES ('one')").run();
  let position = 0;
  return (size) => {
    begin.run();
    for (let index = 0; index < size; index++) {
      position += 1;
      const data = JSON.stringify(PAYLOADS[index % 1000]);
      insert.run(position, 1, position, makeId(), 1, 1, data, null, Date.now());
    }
    commit.run();
  };
}

/** Appends by hand that write nothing: the look-ups of a duplicate, and of a conflict. */
export interface RawChecks {
  readonly duplicate: (id: string) => void;
  readonly conflict: (expected: number) => void;
  readonly version: () => number;
}

export function createRawChecks(raw: Database.Database): RawChecks {
  const begin = raw.prepare("BEGIN IMMEDIATE");
  const commit = raw.prepare("COMMIT");
  const columns = "e.position, s.name, e.version, e.id, t.name, e.schema_version, e.data, e.metadata, e.timestamp";
  const joined = "events e JOIN streams s ON s.id = e.stream JOIN types t ON t.id = e.type";
  const byId = raw.prepare(`SELECT ${columns} FROM ${joined} WHERE e.id = ?`).raw();
  const after = raw.prepare(`SELECT ${columns} FROM ${joined} WHERE e.stream = ? AND e.version > ? LIMIT 100`).raw();
  const stream = raw.prepare("SELECT id FROM streams WHERE name = ?").pluck();
  const newest = raw.prepare("SELECT max(version) FROM events WHERE stream = ?").pluck();
  const randomId = idBytes(randomUUID());
  return {
    duplicate(id) {
      begin.run();
      const row = byId.get(idBytes(id)) as unknown[];
      commit.run();
      if (row[6] !== JSON.stringify(PAYLOADS[0]) && JSON.parse(row[6] as string) === undefined) throw new Error("lost");
    },
    conflict(expected) {
      begin.run();
      if (byId.get(randomId) !== undefined) throw new Error("known");
      const found = stream.get("one");
      const unseen = newest.get(found) === expected ? [] : (after.all(found, expected) as unknown[][]);
      commit.run();
      for (const row of unseen) JSON.parse(row[6] as string);
    },
    version: () => newest.get(1) as number,
  };
}

/** Gives events of a database by hand these ids, from the first on. */
export function setRawIds(raw: Database.Database, ids: readonly string[]): void {
  const update = raw.prepare("UPDATE events SET id = ? WHERE position = ?");
  ids.forEach((id, index) => update.run(idBytes(id), index + 1));
}

function idBytes(id: string): Buffer {
  return Buffer.from(id.replaceAll("-", ""), "hex");
}
