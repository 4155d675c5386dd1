import { indexAfter } from "../index-schema.ts";
import { beginWrite, ifWatched } from "../schema.ts";

/** A canonical UUID, which is stored in `uuid`. */
const UUID = "^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$";

/**
 * Returns a function that makes a condition: whether a stream is or was followed; `which` restricts the rows of `f`. `s`: the schema's
 * quoted name.
 */
export function followedIn(s: string): (stream: string, which?: string) => string {
  return (stream, which = "true") =>
    `EXISTS (SELECT FROM ${s}.followed f WHERE ${which} AND CASE f.kind WHEN 'prefix' THEN starts_with(${stream}, f.name) ELSE f.name = ${stream} END)`;
}

/** The functions of format 3 that write what replicas and hubs store. */
export function syncFunctions(s: string): string {
  const begin = beginWrite(s);
  const watched = ifWatched(s);
  const { raise, read } = generationIn(s);
  return `
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

  ${confirmFunction(s, false)}

  ${queueFunction(s, "enqueue", "'queued', head")}

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

/** The function that stores events of a hub. `indexes`: since format 4. */
export function confirmFunction(s: string, indexes: boolean): string {
  const begin = beginWrite(s);
  const watched = ifWatched(s);
  const { raise, read } = generationIn(s);
  return `
  CREATE OR REPLACE FUNCTION ${s}.apply_confirmed(
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
    ${indexes ? indexAfter(s, "added") : ""}
    UPDATE ${s}.followed SET position = moved, mark = reached_mark
      FROM unnest(kinds, followed_names, reached) AS f (of_kind, of_name, moved)
      WHERE kind = of_kind AND name = of_name AND moved IS NOT NULL;
    DELETE FROM ${s}.outbox o
      WHERE o.ids && ARRAY(SELECT coalesce(f.uuid::text, f.id) FROM unnest(uuids, other_ids) AS f (uuid, id))
        AND NOT EXISTS (SELECT FROM unnest(o.ids) AS one (id) WHERE NOT ${s}.is_stored(one.id));
    GET DIAGNOSTICS done = ROW_COUNT;
    IF added + done > 0 THEN ${raise} ELSE ${read} END IF;
    RETURN concat_ws(',', head + added, ${watched}, raised);
  END $body$;`;
}

/** Statements that raise the generation, or read it, into `raised`. */
function generationIn(s: string): { readonly raise: string; readonly read: string } {
  return {
    raise: `UPDATE ${s}.meta SET value = (value::bigint + 1)::text WHERE key = 'replica_generation' RETURNING value INTO raised;`,
    // The generation is returned even if nothing has changed: the answer to an earlier attempt, which changed it, may have been lost.
    read: `SELECT value INTO raised FROM ${s}.meta WHERE key = 'replica_generation';`,
  };
}

/** A function that puts an entry into the outbox. `queued`: how its answer begins if it does. `entries` is the entry's number then. */
export function queueFunction(s: string, name: string, queued: string): string {
  const { raise, read } = generationIn(s);
  const begin = beginWrite(s);
  const watched = ifWatched(s);
  const isFollowed = followedIn(s);
  return `CREATE OR REPLACE FUNCTION ${s}.${name}(
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
    RETURN concat_ws(',', ${queued}, ${watched}, raised);
  END $body$;`;
}
