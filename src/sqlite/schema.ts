/** Identifies a SQLite file as rivulet's: "rvlt" in ASCII (https://sqlite.org/pragma.html#pragma_application_id). */
export const APPLICATION_ID = 0x72766c74;

/**
 * Format 1: events, streams, types and snapshots. Stream and type names are stored once and referenced by number; canonical UUIDs are
 * stored as 16 bytes. AUTOINCREMENT is not needed: with one writer at a time, the primary key alone gives positions without gaps. A
 * stream's version is not stored: the unique index finds its newest event.
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

/** Format 2: read models. Each schema of a model has its own tables and its own checkpoint. */
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
 * Format 3: leases, consumers' checkpoints and parked events. The newest token of all leases is in `meta`, so that no token is reused
 * after a lease was deleted. `models` gets `built` (whether the tables have caught up once), `generation` (raised by every change),
 * and, during a rebuild, `rebuild` (the checkpoint of the new tables) and `rebuild_code` (a digest of the handlers' code).
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

/** An SQL expression for a random UUID (RFC 9562, version 4). */
export const RANDOM_UUID: string =
  "(SELECT lower(substr(hex, 1, 8) || '-' || substr(hex, 9, 4) || '-4' || substr(hex, 14, 3) || '-' || " +
  "substr('89ab', 1 + (unicode(substr(hex, 17, 1)) & 3), 1) || substr(hex, 18, 3) || '-' || substr(hex, 21)) " +
  "FROM (SELECT hex(randomblob(16)) AS hex))";

/**
 * Format 4: the store's lineage in `meta`, which tells its positions from those of another history. Databases in browsers already
 * had an id under another key, which becomes their lineage.
 */
export const FORMAT_4: string = `
  INSERT OR IGNORE INTO meta (key, value)
    SELECT 'lineage', ifnull((SELECT value FROM meta WHERE key = 'database'), ${RANDOM_UUID});
  DELETE FROM meta WHERE key = 'database';
`;

/**
 * Format 5: replicas and hubs. `recorded` is an event's own time, if it was recorded at the hub before an event that is stored before
 * it here; `timestamp` never decreases. In `meta` are the hub's lineage (`hub`), the newest number of an entry (`last_entry`), the
 * generation (`replica_generation`), and as JSON what is no longer followed (`unfollowed`).
 */
export const FORMAT_5 = `
  ALTER TABLE events ADD COLUMN recorded INTEGER;
  CREATE TABLE followed (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    position INTEGER NOT NULL,
    mark TEXT,
    PRIMARY KEY (kind, name)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE outbox (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    streams TEXT NOT NULL,
    ids TEXT NOT NULL,
    body TEXT NOT NULL,
    timestamp INTEGER NOT NULL,
    rejected TEXT
  ) STRICT;
  CREATE TABLE results (
    key TEXT PRIMARY KEY,
    result TEXT NOT NULL,
    timestamp INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
`;

/**
 * Format 6: which blocks of 64 positions have an event of a type, or with a value of metadata under a key that the application wants to
 * be indexed. `term` is the type's id, or a negative hash of key and value. Written once for each term and block, it is much smaller
 * than an index of all events. A key is indexed for the events after the position `after`.
 */
export const FORMAT_6 = `
  CREATE TABLE event_blocks (
    term INTEGER NOT NULL,
    block INTEGER NOT NULL,
    PRIMARY KEY (term, block)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE indexed_metadata (key TEXT PRIMARY KEY, after INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO event_blocks (term, block)
    SELECT DISTINCT type, (position - 1) / 64 FROM events ORDER BY 1, 2;
`;

/**
 * Format 7: a column of `events` has another name, so that a process whose code knows formats up to 5 and still has the file open
 * fails, instead of writing events that `event_blocks` lacks.
 */
export const FORMAT_7 = "ALTER TABLE events RENAME COLUMN schema_version TO type_version;";
