import type Database from "better-sqlite3";

/** What undoes each step of the file format; the steps beyond format 3 only, and that to format 2 as a whole. */
const UNDO: Readonly<Record<number, string>> = {
  7: "ALTER TABLE events RENAME COLUMN type_version TO schema_version",
  6: "DROP TABLE event_blocks; DROP TABLE indexed_metadata",
  5: "DROP TABLE followed; DROP TABLE outbox; DROP TABLE results; ALTER TABLE events DROP COLUMN recorded",
  4: "DELETE FROM meta WHERE key = 'lineage'",
  3: "DROP TABLE models; DROP TABLE leases; DROP TABLE checkpoints; DROP TABLE parked",
  2: "",
};

/** Makes an older file of one of the present format, for formats 1, 3 and 5. */
export function backToFormat(database: Database.Database, format: 1 | 3 | 5): void {
  for (let step = 7; step > format; step--) database.exec(UNDO[step] as string);
  database.pragma(`user_version = ${format}`);
}
