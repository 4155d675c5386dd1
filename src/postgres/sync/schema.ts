import { beginWrite, ifWatched } from "../schema.ts";

/** A canonical UUID, which is stored in `uuid`. */
const UUID = "^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$";

/**
 * Format 3: replicas and hubs. `recorded` is an event's own time, as in a SQLite file. Keys of results and ids of entries may be any
 * text of any length, so they are JSON, and keys are found by a hash. What is no longer followed is kept, not active. The hub's lineage,
 * the newest number of an entry and the generation are in `meta`.
 *
 * The functions that append refuse streams that are followed, and commands whose result is kept. What an append seldom asks has a
 * statement of its own, which costs nothing where it is not run. `kept` is last and may be left out, for processes that opened the
 * store before it had this format.
 */
export function format3(s: string): string {
  const begin = beginWrite(s);
  const watched = ifWatched(s);
  const isFollowed = (stream: string, which = "true"): string =>
    `EXISTS (SELECT FROM ${s}.followed f WHERE ${which} AND CASE f.kind WHEN 'prefix' THEN starts_with(${stream}, f.name) ELSE f.name = ${stream} END)`;
  const raise = `UPDATE ${s}.meta SET value = (value::bigint + 1)::text WHERE key = 'replica_generation' RETURNING value INTO raised;`;
  // Told also if nothing was changed: the answer to an earlier attempt, which changed it, may have been lost.
  const read = `SELECT value INTO raised FROM ${s}.meta WHERE key = 'replica_generation';`;
  return `
  ALTER TABLE ${s}.events ADD COLUMN recorded bigint;
  CREATE TABLE ${s}.followed (
    kind text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    position bigint NOT NULL,
    mark text,
    active boolean NOT NULL,
    PRIMARY KEY (kind, name)
  );
  CREATE TABLE ${s}.outbox (
    number bigint PRIMARY KEY,
    id text COLLATE "C" NOT NULL,
    streams text[] NOT NULL,
    ids text[] NOT NULL,
    body text NOT NULL,
    timestamp bigint NOT NULL,
    rejected text
  );
  CREATE TABLE ${s}.results (
    number bigint PRIMARY KEY,
    key text COLLATE "C" NOT NULL,
    result text NOT NULL,
    timestamp bigint NOT NULL
  );
  CREATE INDEX results_key ON ${s}.results USING hash (key);
  INSERT INTO ${s}.meta VALUES ('last_entry', '0'), ('replica_generation', '0');

  DROP FUNCTION ${s}.append_one(boolean, bigint, boolean, text, bigint, uuid, text, text, bigint, text, text, bigint);
  CREATE FUNCTION ${s}.append_one(
    durable boolean, timeout bigint, lookup boolean,
    of_stream text, assumed bigint, new_uuid uuid, new_id text,
    new_type text, new_schema_version bigint, new_data text, new_metadata text, requested bigint, kept text DEFAULT NULL
  ) RETURNS text LANGUAGE plpgsql AS $body$
  DECLARE
    head bigint;
    newest bigint;
    base bigint;
  BEGIN
    ${begin}
    SELECT version INTO base FROM ${s}.events WHERE stream = of_stream ORDER BY version DESC LIMIT 1;
    base := coalesce(base, 0);
    IF assumed <> base THEN RETURN NULL; END IF;
    IF lookup THEN
      IF EXISTS (SELECT FROM ${s}.events e WHERE e.uuid = new_uuid) OR EXISTS (SELECT FROM ${s}.events e WHERE e.id = new_id) THEN
        RETURN NULL;
      END IF;
    END IF;
    IF EXISTS (SELECT FROM ${s}.followed) THEN
      IF ${isFollowed("of_stream")} THEN RETURN NULL; END IF;
    END IF;
    IF kept IS NOT NULL THEN
      IF EXISTS (SELECT FROM ${s}.results r WHERE r.key = kept) THEN RETURN NULL; END IF;
    END IF;
    INSERT INTO ${s}.events (position, version, schema_version, timestamp, uuid, id, stream, type, data, metadata)
      VALUES (head + 1, base + 1, new_schema_version, greatest(requested, newest), new_uuid, new_id, of_stream, new_type, new_data, new_metadata);
    RETURN concat_ws(',', head, newest, ${watched}, base);
  END $body$;

  DROP FUNCTION ${s}.append_many(boolean, bigint, boolean, text[], bigint[],
    int[], bigint[], text[], uuid[], text[], text[], bigint[], text[], text[], bigint[], bigint[], bigint);
  CREATE FUNCTION ${s}.append_many(
    durable boolean, timeout bigint, lookup boolean,
    streams text[], assumed bigint[],
    numbers int[], offsets bigint[], names text[], uuids uuid[], ids text[], types text[], schema_versions bigint[],
    all_data text[], all_metadata text[], planned bigint[], requested bigint[], latest_recorded bigint, kept text[] DEFAULT NULL
  ) RETURNS text LANGUAGE plpgsql AS $body$
  DECLARE
    head bigint;
    newest bigint;
    bases bigint[];
  BEGIN
    ${begin}
    SELECT array_agg(coalesce((SELECT max(version) FROM ${s}.events e WHERE e.stream = name), 0) ORDER BY place) INTO bases
      FROM unnest(streams) WITH ORDINALITY AS named (name, place);
    IF newest > planned[1] AND newest <= latest_recorded
      OR EXISTS (SELECT FROM unnest(assumed, bases) AS compared (wanted, actual) WHERE wanted <> actual) THEN
      RETURN NULL;
    END IF;
    IF lookup THEN
      IF EXISTS (SELECT FROM ${s}.events e WHERE e.uuid = ANY (uuids)) OR EXISTS (SELECT FROM ${s}.events e WHERE e.id = ANY (ids)) THEN
        RETURN NULL;
      END IF;
    END IF;
    IF EXISTS (SELECT FROM ${s}.followed) THEN
      IF EXISTS (SELECT FROM unnest(streams) AS named (name) WHERE ${isFollowed("named.name")}) THEN RETURN NULL; END IF;
    END IF;
    IF kept IS NOT NULL THEN
      IF EXISTS (SELECT FROM ${s}.results r WHERE r.key = ANY (kept)) THEN RETURN NULL; END IF;
    END IF;
    INSERT INTO ${s}.events (position, version, schema_version, timestamp, uuid, id, stream, type, data, metadata)
      SELECT head + f.place, bases[f.number] + f.added, f.schema_version,
        CASE WHEN newest <= planned[1] THEN f.planned_time ELSE greatest(f.requested_time, newest) END,
        f.uuid, f.id, f.stream, f.type, f.data, f.metadata
      FROM unnest(numbers, offsets, names, uuids, ids, types, schema_versions, all_data, all_metadata, planned, requested)
        WITH ORDINALITY AS f (number, added, stream, uuid, id, type, schema_version, data, metadata, planned_time, requested_time, place);
    RETURN concat_ws(',', head, newest, ${watched}, array_to_string(bases, ','));
  END $body$;

  CREATE FUNCTION ${s}.is_stored(of_id text) RETURNS boolean LANGUAGE plpgsql STABLE AS $body$
  BEGIN
    IF of_id ~ '${UUID}' THEN RETURN EXISTS (SELECT FROM ${s}.events WHERE uuid = of_id::uuid); END IF;
    RETURN EXISTS (SELECT FROM ${s}.events WHERE id = of_id);
  END $body$;

  CREATE FUNCTION ${s}.set_followed(
    durable boolean, timeout bigint, planned_at bigint,
    kinds text[], names text[], positions bigint[], marks text[], left_kinds text[], left_names text[], discarded text[]
  ) RETURNS text LANGUAGE plpgsql AS $body$
  DECLARE
    head bigint;
    newest bigint;
    raised text;
  BEGIN
    ${begin}
    ${read}
    IF planned_at <> raised::bigint THEN RETURN concat_ws(',', 'moved', head, ${watched}, raised); END IF;
    INSERT INTO ${s}.followed (kind, name, position, mark, active)
      SELECT f.*, true FROM unnest(kinds, names, positions, marks) AS f
      ON CONFLICT (kind, name) DO UPDATE SET position = excluded.position, mark = excluded.mark, active = true;
    UPDATE ${s}.followed SET active = false FROM unnest(left_kinds, left_names) AS f (of_kind, of_name)
      WHERE kind = of_kind AND name = of_name;
    DELETE FROM ${s}.outbox WHERE id = ANY (discarded);
    ${raise}
    RETURN concat_ws(',', 'done', head, ${watched}, raised);
  END $body$;

  CREATE FUNCTION ${s}.apply_confirmed(
    durable boolean, timeout bigint, of_hub text,
    kinds text[], followed_names text[], stands bigint[], reached bigint[], reached_mark text,
    streams text[], assumed bigint[],
    numbers int[], offsets bigint[], names text[], uuids uuid[], other_ids text[], types text[], schema_versions bigint[],
    all_data text[], all_metadata text[], times bigint[]
  ) RETURNS text LANGUAGE plpgsql AS $body$
  DECLARE
    head bigint;
    newest bigint;
    added bigint;
    done bigint;
    raised text;
  BEGIN
    ${begin}
    IF EXISTS (SELECT FROM ${s}.meta WHERE key = 'hub' AND value <> of_hub)
      OR EXISTS (SELECT FROM unnest(kinds, followed_names, stands) AS compared (of_kind, of_name, seen)
        WHERE (SELECT position FROM ${s}.followed WHERE kind = of_kind AND name = of_name AND active) IS DISTINCT FROM seen)
      OR EXISTS (SELECT FROM unnest(streams, assumed) AS compared (of_stream, seen)
        WHERE coalesce((SELECT max(version) FROM ${s}.events WHERE stream = of_stream), 0) <> seen)
      OR EXISTS (SELECT FROM ${s}.events e WHERE e.uuid = ANY (uuids))
      OR EXISTS (SELECT FROM ${s}.events e WHERE e.id = ANY (other_ids)) THEN
      RETURN NULL;
    END IF;
    INSERT INTO ${s}.meta VALUES ('hub', of_hub) ON CONFLICT DO NOTHING;
    INSERT INTO ${s}.events (position, version, schema_version, timestamp, recorded, uuid, id, stream, type, data, metadata)
      SELECT head + f.place, f.seen + f.added, f.schema_version, f.ordered, CASE WHEN f.ordered <> f.own_time THEN f.own_time END,
        f.uuid, f.id, f.stream, f.type, f.data, f.metadata
      FROM (SELECT given.*, assumed[given.number] AS seen,
          greatest(newest, max(own_time) OVER (ORDER BY place ROWS UNBOUNDED PRECEDING)) AS ordered
        FROM unnest(numbers, offsets, names, uuids, other_ids, types, schema_versions, all_data, all_metadata, times)
          WITH ORDINALITY AS given (number, added, stream, uuid, id, type, schema_version, data, metadata, own_time, place)) AS f;
    GET DIAGNOSTICS added = ROW_COUNT;
    UPDATE ${s}.followed SET position = moved, mark = reached_mark
      FROM unnest(kinds, followed_names, reached) AS f (of_kind, of_name, moved)
      WHERE kind = of_kind AND name = of_name AND moved IS NOT NULL;
    DELETE FROM ${s}.outbox o
      WHERE o.ids && ARRAY(SELECT coalesce(f.uuid::text, f.id) FROM unnest(uuids, other_ids) AS f (uuid, id))
        AND NOT EXISTS (SELECT FROM unnest(o.ids) AS one (id) WHERE NOT ${s}.is_stored(one.id));
    GET DIAGNOSTICS done = ROW_COUNT;
    IF added + done > 0 THEN ${raise} ELSE ${read} END IF;
    RETURN concat_ws(',', head + added, ${watched}, raised);
  END $body$;

  CREATE FUNCTION ${s}.enqueue(
    durable boolean, timeout bigint, of_id text, of_streams text[], of_ids text[], of_body text, of_timestamp bigint,
    decided_at bigint, most bigint, replaced text
  ) RETURNS text LANGUAGE plpgsql AS $body$
  DECLARE
    head bigint;
    newest bigint;
    other text;
    entries bigint;
    raised text;
  BEGIN
    ${begin}
    IF EXISTS (SELECT FROM ${s}.outbox WHERE id = of_id)
      OR NOT EXISTS (SELECT FROM unnest(of_ids) AS one (id) WHERE NOT ${s}.is_stored(one.id)) THEN
      ${read}
      RETURN concat_ws(',', 'known', head, ${watched}, raised);
    END IF;
    SELECT named.name INTO other FROM unnest(of_streams) WITH ORDINALITY AS named (name, place)
      WHERE NOT ${isFollowed("named.name", "f.active")} ORDER BY place LIMIT 1;
    IF FOUND THEN RETURN concat_ws(',', 'not-followed', other); END IF;
    IF decided_at <> (SELECT value::bigint FROM ${s}.meta WHERE key = 'replica_generation') THEN RETURN 'moved'; END IF;
    IF replaced IS NOT NULL AND NOT EXISTS (SELECT FROM ${s}.outbox WHERE id = replaced AND rejected IS NOT NULL) THEN
      RETURN 'gone';
    END IF;
    SELECT count(*) - CASE WHEN replaced IS NULL THEN 0 ELSE 1 END INTO entries FROM ${s}.outbox;
    IF entries >= most THEN RETURN concat_ws(',', 'full', entries); END IF;
    DELETE FROM ${s}.outbox WHERE id = replaced;
    UPDATE ${s}.meta SET value = (value::bigint + 1)::text WHERE key = 'last_entry' RETURNING value::bigint INTO entries;
    INSERT INTO ${s}.outbox (number, id, streams, ids, body, timestamp)
      VALUES (entries, of_id, of_streams, of_ids, of_body, of_timestamp);
    ${raise}
    RETURN concat_ws(',', 'queued', head, ${watched}, raised);
  END $body$;

  CREATE FUNCTION ${s}.settle_entry(durable boolean, timeout bigint, of_id text, reason text) RETURNS text LANGUAGE plpgsql AS $body$
  DECLARE
    head bigint;
    newest bigint;
    raised text;
  BEGIN
    ${begin}
    IF reason IS NULL THEN
      DELETE FROM ${s}.outbox WHERE id = of_id;
    ELSE
      UPDATE ${s}.outbox SET rejected = reason WHERE id = of_id AND rejected IS DISTINCT FROM reason;
    END IF;
    IF FOUND THEN ${raise} ELSE ${read} END IF;
    RETURN concat_ws(',', head, ${watched}, raised);
  END $body$;

  CREATE FUNCTION ${s}.save_result(
    durable boolean, timeout bigint, of_key text, of_id text, of_result text, of_timestamp bigint
  ) RETURNS text LANGUAGE plpgsql AS $body$
  DECLARE
    head bigint;
    newest bigint;
    found_result text;
  BEGIN
    ${begin}
    SELECT result INTO found_result FROM ${s}.results WHERE key = of_key;
    IF FOUND THEN RETURN found_result; END IF;
    IF ${s}.is_stored(of_id) THEN RETURN NULL; END IF;
    INSERT INTO ${s}.results SELECT coalesce(max(number), 0) + 1, of_key, of_result, of_timestamp FROM ${s}.results;
    RETURN of_result;
  END $body$;
`;
}
