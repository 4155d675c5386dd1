/** "rvlt": marks a SQLite file as rivulet's (https://sqlite.org/pragma.html#pragma_application_id). */
export const APPLICATION_ID = 0x72766c74;

/**
 * Format 1. Names of streams and types are interned; canonical UUIDs are stored as 16 bytes. There is no AUTOINCREMENT:
 * one writer at a time and a primary key give positions without gaps. Versions live in the events alone: the unique
 * index finds a stream's newest without a column to keep up to date.
 */
export const FORMAT_1 = `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID;
  CREATE TABLE streams (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE types (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE events (
    position INTEGER PRIMARY KEY,
    stream INTEGER NOT NULL,
    version INTEGER NOT NULL,
    id ANY NOT NULL UNIQUE,
    type INTEGER NOT NULL,
    schema_version INTEGER NOT NULL,
    data TEXT,
    metadata TEXT,
    timestamp INTEGER NOT NULL,
    UNIQUE (stream, version)
  ) STRICT;
  CREATE TABLE snapshots (
    stream INTEGER NOT NULL,
    projection TEXT NOT NULL,
    schema INTEGER NOT NULL,
    version INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    state TEXT NOT NULL,
    PRIMARY KEY (stream, projection, schema, version)
  ) STRICT;
`;

/** Format 2: read models, each schema of one with tables of its own and the position up to which they stand. */
export const FORMAT_2 = `
  CREATE TABLE models (
    name TEXT NOT NULL,
    schema INTEGER NOT NULL,
    tables TEXT NOT NULL,
    checkpoint INTEGER NOT NULL,
    PRIMARY KEY (name, schema)
  ) STRICT;
`;

/**
 * Format 3: who may do what alone, how far consumers have come, and events that could not be taken, by whom and why. The
 * last token of a lease is in `meta`, so that leases can go and their tokens never come back. Of a read model: whether its
 * tables have been at the head once, a number that every change of them raises, and, while others are made to take their
 * place, how far those have come and from which code.
 */
export const FORMAT_3 = `
  CREATE TABLE leases (
    name TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    token INTEGER NOT NULL,
    expires INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE checkpoints (name TEXT PRIMARY KEY, position INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE parked (
    owner TEXT NOT NULL,
    position INTEGER NOT NULL,
    message TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    PRIMARY KEY (owner, position)
  ) STRICT, WITHOUT ROWID;
  ALTER TABLE models ADD COLUMN built INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE models ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE models ADD COLUMN rebuild INTEGER;
  ALTER TABLE models ADD COLUMN rebuild_code TEXT;
`;

/** A random UUID (RFC 9562, version 4), made by SQLite. */
export const RANDOM_UUID: string =
  "(SELECT lower(substr(hex, 1, 8) || '-' || substr(hex, 9, 4) || '-4' || substr(hex, 14, 3) || '-' || " +
  "substr('89ab', 1 + (unicode(substr(hex, 17, 1)) & 3), 1) || substr(hex, 18, 3) || '-' || substr(hex, 21)) " +
  "FROM (SELECT hex(randomblob(16)) AS hex))";

/**
 * Format 4: the store's lineage, in `meta`, so that a position is not taken for one of another history. A browser's database had
 * an identity already, which becomes its lineage.
 */
export const FORMAT_4: string = `
  INSERT OR IGNORE INTO meta (key, value)
    SELECT 'lineage', ifnull((SELECT value FROM meta WHERE key = 'database'), ${RANDOM_UUID});
  DELETE FROM meta WHERE key = 'database';
`;
