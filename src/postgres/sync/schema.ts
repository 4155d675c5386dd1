import { indexAfter, indexSchema } from "../index-schema.ts";
import { beginWrite, ifWatched } from "../schema.ts";
import { confirmFunction, followedIn, queueFunction, syncFunctions } from "./functions.ts";

/**
 * Format 3: replicas and hubs. `recorded` is an event's own time, as in a SQLite file. Keys of results and ids of entries may be any
 * text of any length, so they are JSON, and keys are found by a hash. What is no longer followed is kept, not active. The hub's lineage,
 * the newest number of an entry and the generation are in `meta`.
 */
export function format3(s: string): string {
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
  DROP FUNCTION ${s}.append_many(boolean, bigint, boolean, text[], bigint[],
    int[], bigint[], text[], uuid[], text[], text[], bigint[], text[], text[], bigint[], bigint[], bigint);
  ${appendFunctions(s, false)}
  ${syncFunctions(s)}`;
}

/**
 * Format 4: what was queued is told with its number, by a function of another name, for processes that still call the older one; and
 * events are indexed by whatever function stores them.
 */
export function format4(s: string): string {
  return `
  ${indexSchema(s)}
  ${appendFunctions(s, true)}
  ${confirmFunction(s, true)}
  ${queueFunction(s, "queue_entry", "'queued', entries, head")}`;
}

/**
 * The functions that append refuse streams that are followed, and commands whose result is kept. What an append seldom asks has a
 * statement of its own, which costs nothing where it is not run. `kept` is last and may be left out, for processes that opened the
 * store before it had format 3.
 */
function appendFunctions(s: string, indexes: boolean): string {
  const begin = beginWrite(s);
  const watched = ifWatched(s);
  const isFollowed = followedIn(s);
  const indexed = (added: string): string => (indexes ? indexAfter(s, added) : "");
  return `
  CREATE OR REPLACE FUNCTION ${s}.append_one(
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
    ${indexed("1")}
    RETURN concat_ws(',', head, newest, ${watched}, base);
  END $body$;

  CREATE OR REPLACE FUNCTION ${s}.append_many(
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
    ${indexed("cardinality(numbers)")}
    RETURN concat_ws(',', head, newest, ${watched}, array_to_string(bases, ','));
  END $body$;`;
}
