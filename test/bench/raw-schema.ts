/** The tables of format 1, as somebody would make them by hand. */
export const SCHEMA = `
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
