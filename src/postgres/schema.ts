/** The first numbers of the store's advisory locks, "rvlw" and "rvll" in ASCII; the second is the table of events. */
export const WRITERS = 0x72766c77;
export const LISTENERS = 0x72766c6c;

/** The oid of the table of events, which tells the stores of one database apart. `s`: the schema's quoted name. */
export function eventsOid(s: string): string {
  return `'${s.replaceAll("'", "''")}.events'::regclass::oid::int`;
}

/**
 * The beginning of every function that writes events, or what appends depend on: takes the writers' lock, and sets `head` and `newest`.
 * In one transaction with what follows, so every statement after the lock sees all earlier appends. Part of formats 1 and 3: never
 * changed. `s`: the schema's quoted name.
 */
export function beginWrite(s: string): string {
  const writers = `${WRITERS}, ${eventsOid(s)}`;
  return `
    IF NOT durable THEN
      PERFORM set_config('synchronous_commit', 'off', true);
    ELSIF current_setting('synchronous_commit') = 'off' THEN
      PERFORM set_config('synchronous_commit', 'on', true);
    END IF;
    IF NOT pg_try_advisory_xact_lock(${writers}) THEN
      PERFORM set_config('lock_timeout', timeout::text, true);
      PERFORM pg_advisory_xact_lock(${writers});
    END IF;
    SELECT position, timestamp INTO head, newest FROM ${s}.events ORDER BY position DESC LIMIT 1;
    head := coalesce(head, 0);
    newest := coalesce(newest, 0);`;
}

/**
 * 1 if anybody listens for news, else 0. Whoever listens holds the lock in common, and takes it before the head is read: so the commit
 * is either seen or announced.
 */
export function ifWatched(s: string): string {
  return `(NOT pg_try_advisory_xact_lock(${LISTENERS}, ${eventsOid(s)}))::int`;
}

/**
 * Format 1. Positions have no gaps and rise in the order of commits, because every append takes one advisory lock until it has
 * committed. A stream's version is not stored: the unique index finds its newest event. Names compare by bytes. JSON is text, because
 * jsonb changes it. An id is in `uuid` or in `id`.
 */
export function format1(s: string): string {
  const begin = beginWrite(s);
  const watched = ifWatched(s);
  return `
  CREATE SCHEMA IF NOT EXISTS ${s};
  CREATE TABLE ${s}.meta (key text PRIMARY KEY, value text NOT NULL);
  INSERT INTO ${s}.meta VALUES ('application', 'rivulet'), ('format', '1');
  CREATE TABLE ${s}.events (
    position bigint PRIMARY KEY,
    version bigint NOT NULL,
    schema_version bigint NOT NULL,
    timestamp bigint NOT NULL,
    uuid uuid UNIQUE,
    id text COLLATE "C",
    stream text COLLATE "C" NOT NULL,
    type text COLLATE "C" NOT NULL,
    data text,
    metadata text,
    UNIQUE (stream, version),
    CHECK (num_nonnulls(uuid, id) = 1)
  );
  CREATE UNIQUE INDEX events_id ON ${s}.events (id) WHERE id IS NOT NULL;
  CREATE INDEX events_first ON ${s}.events (position) WHERE version = 1;
  CREATE TABLE ${s}.snapshots (
    stream text COLLATE "C" NOT NULL,
    projection text COLLATE "C" NOT NULL,
    schema bigint NOT NULL,
    version bigint NOT NULL,
    timestamp bigint NOT NULL,
    state text NOT NULL,
    PRIMARY KEY (stream, projection, schema, version)
  );
  CREATE TABLE ${s}.leases (
    name text COLLATE "C" PRIMARY KEY,
    holder text NOT NULL,
    token bigint NOT NULL,
    expires bigint NOT NULL
  );
  CREATE TABLE ${s}.checkpoints (name text COLLATE "C" PRIMARY KEY, position bigint NOT NULL);
  CREATE TABLE ${s}.parked (
    owner text COLLATE "C" NOT NULL,
    position bigint NOT NULL,
    message text NOT NULL,
    attempts bigint NOT NULL,
    timestamp bigint NOT NULL,
    PRIMARY KEY (owner, position)
  );
  INSERT INTO ${s}.meta VALUES ('lineage', gen_random_uuid()::text), ('last_lease', '0');

  CREATE FUNCTION ${s}.append_one(
    durable boolean, timeout bigint, lookup boolean,
    of_stream text, assumed bigint, new_uuid uuid, new_id text,
    new_type text, new_schema_version bigint, new_data text, new_metadata text, requested bigint
  ) RETURNS text LANGUAGE plpgsql AS $body$
  DECLARE
    head bigint;
    newest bigint;
    base bigint;
  BEGIN
    ${begin}
    SELECT version INTO base FROM ${s}.events WHERE stream = of_stream ORDER BY version DESC LIMIT 1;
    base := coalesce(base, 0);
    IF assumed <> base
      OR lookup AND EXISTS (SELECT FROM ${s}.events e WHERE e.uuid = new_uuid)
      OR lookup AND EXISTS (SELECT FROM ${s}.events e WHERE e.id = new_id) THEN
      RETURN NULL;
    END IF;
    INSERT INTO ${s}.events (position, version, schema_version, timestamp, uuid, id, stream, type, data, metadata)
      VALUES (head + 1, base + 1, new_schema_version, greatest(requested, newest), new_uuid, new_id, of_stream, new_type, new_data, new_metadata);
    RETURN concat_ws(',', head, newest, ${watched}, base);
  END $body$;

  CREATE FUNCTION ${s}.append_many(
    durable boolean, timeout bigint, lookup boolean,
    streams text[], assumed bigint[],
    numbers int[], offsets bigint[], names text[], uuids uuid[], ids text[], types text[], schema_versions bigint[],
    all_data text[], all_metadata text[], planned bigint[], requested bigint[], latest_recorded bigint
  ) RETURNS text LANGUAGE plpgsql AS $body$
  DECLARE
    head bigint;
    newest bigint;
    bases bigint[];
  BEGIN
    ${begin}
    SELECT array_agg(coalesce((SELECT max(version) FROM ${s}.events e WHERE e.stream = name), 0) ORDER BY place) INTO bases
      FROM unnest(streams) WITH ORDINALITY AS named (name, place);
    IF EXISTS (SELECT FROM unnest(assumed, bases) AS compared (wanted, actual) WHERE wanted <> actual)
      OR lookup AND EXISTS (SELECT FROM ${s}.events e WHERE e.uuid = ANY (uuids))
      OR lookup AND EXISTS (SELECT FROM ${s}.events e WHERE e.id = ANY (ids))
      OR newest > planned[1] AND newest <= latest_recorded THEN
      RETURN NULL;
    END IF;
    INSERT INTO ${s}.events (position, version, schema_version, timestamp, uuid, id, stream, type, data, metadata)
      SELECT head + f.place, bases[f.number] + f.added, f.schema_version,
        CASE WHEN newest <= planned[1] THEN f.planned_time ELSE greatest(f.requested_time, newest) END,
        f.uuid, f.id, f.stream, f.type, f.data, f.metadata
      FROM unnest(numbers, offsets, names, uuids, ids, types, schema_versions, all_data, all_metadata, planned, requested)
        WITH ORDINALITY AS f (number, added, stream, uuid, id, type, schema_version, data, metadata, planned_time, requested_time, place);
    RETURN concat_ws(',', head, newest, ${watched}, array_to_string(bases, ','));
  END $body$;

  CREATE FUNCTION ${s}.position_at(moment bigint) RETURNS bigint LANGUAGE plpgsql STABLE AS $body$
  DECLARE
    low bigint := 0;
    high bigint;
    middle bigint;
    moment_there bigint;
  BEGIN
    SELECT coalesce(max(position), 0) INTO high FROM ${s}.events;
    WHILE low < high LOOP
      middle := (low + high + 1) / 2;
      SELECT timestamp INTO moment_there FROM ${s}.events WHERE position = middle;
      IF moment_there IS NULL THEN RETURN -middle; END IF;
      IF moment_there <= moment THEN low := middle; ELSE high := middle - 1; END IF;
    END LOOP;
    RETURN low;
  END $body$;

  CREATE FUNCTION ${s}.write_lease(
    of_name text, new_holder text, new_expires bigint,
    seen_holder text, seen_token bigint, seen_expires bigint, clients text, forgotten bigint
  ) RETURNS bigint LANGUAGE plpgsql AS $body$
  DECLARE
    raised bigint;
  BEGIN
    IF seen_holder = new_holder THEN
      UPDATE ${s}.leases SET expires = new_expires
        WHERE name = of_name AND holder = seen_holder AND token = seen_token AND expires = seen_expires;
      RETURN CASE WHEN FOUND THEN seen_token END;
    END IF;
    UPDATE ${s}.meta SET value = (value::bigint + 1)::text WHERE key = 'last_lease' RETURNING value::bigint INTO raised;
    IF seen_holder IS NULL THEN
      INSERT INTO ${s}.leases VALUES (of_name, new_holder, raised, new_expires) ON CONFLICT DO NOTHING;
    ELSE
      UPDATE ${s}.leases SET holder = new_holder, token = raised, expires = new_expires
        WHERE name = of_name AND holder = seen_holder AND token = seen_token AND expires = seen_expires;
    END IF;
    IF NOT FOUND THEN RETURN NULL; END IF;
    DELETE FROM ${s}.leases WHERE starts_with(name, clients) AND token <= raised - forgotten
      AND expires <= extract(epoch FROM clock_timestamp()) * 1000;
    RETURN raised;
  END $body$;

  CREATE FUNCTION ${s}.move_consumer(
    of_name text, fence_lease text, fence_token bigint, has_fence boolean, moves boolean, moves_from bigint, moves_to bigint,
    of_owner text, park_position bigint, park_message text, park_attempts bigint, park_timestamp bigint, unpark_position bigint
  ) RETURNS boolean LANGUAGE plpgsql AS $body$
  DECLARE
    target bigint := moves_to;
    head bigint;
  BEGIN
    IF has_fence THEN
      PERFORM FROM ${s}.leases WHERE name = fence_lease AND token = fence_token FOR SHARE;
      IF NOT FOUND THEN RETURN false; END IF;
    END IF;
    IF moves THEN
      SELECT coalesce(max(position), 0) INTO head FROM ${s}.events;
      target := coalesce(target, head);
      IF target > head THEN RETURN false; END IF;
      IF moves_from IS NULL THEN
        INSERT INTO ${s}.checkpoints VALUES (of_name, target) ON CONFLICT DO NOTHING;
      ELSE
        UPDATE ${s}.checkpoints SET position = target WHERE name = of_name AND position = moves_from;
      END IF;
      IF NOT FOUND THEN RETURN false; END IF;
    END IF;
    IF park_position IS NOT NULL THEN
      INSERT INTO ${s}.parked VALUES (of_owner, park_position, park_message, park_attempts, park_timestamp)
        ON CONFLICT (owner, position) DO UPDATE
        SET message = excluded.message, attempts = excluded.attempts, timestamp = excluded.timestamp;
    END IF;
    IF unpark_position IS NOT NULL THEN
      DELETE FROM ${s}.parked WHERE owner = of_owner AND position = unpark_position;
    END IF;
    RETURN true;
  END $body$;
`;
}
