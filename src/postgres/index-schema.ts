import { eventsOid, WRITERS } from "./schema.ts";

/** How many positions are one block, and one segment. Part of format 4. */
export const BLOCK = 64;
export const SEGMENT: number = 64 * BLOCK;

/** How many segments one append indexes at most, if others were not indexed before. */
const AT_ONCE = 4;

/**
 * An event's terms: its type, and its values under the indexed keys of metadata, as a text that {@link indexSchema} hashes. A key is JSON.
 * Metadata is stored as JSON.stringify writes it, so a value follows its key literally. Keys of objects within it are found, too, which
 * costs readers a look at events that do not match.
 */
export const TYPE_TERM = "'t' || e.type";
export const METADATA_TERM = "k.key || ':' || m.found[1]";

/** Joins events `e` with the indexed keys `k` and the values `m.found[1]` that they have under them. `s`: the schema's quoted name. */
export function joinMetadata(s: string): string {
  return (
    `${s}.indexed_metadata k JOIN ${s}.events e ON strpos(e.metadata, k.key || ':') > 0 ` +
    "CROSS JOIN LATERAL regexp_matches(e.metadata, k.pattern, 'g') AS m (found)"
  );
}

/** The regular expression that finds the scalars under a key, which is given as JSON, in metadata. */
export function patternOf(key: string): string {
  return String.raw`${key.replaceAll(/[\\^$.|?*+()[\]{}]/g, String.raw`\$&`)}:("(?:[^"\\]|\\.)*"|[-+.0-9a-zE]+)`;
}

/**
 * Part of format 4: an index of events by type and by metadata. A row says which of a segment's 64 blocks have a term: bit n stands for
 * block n. It is written once, when the last event of the segment is appended. Under the term 0, each indexed segment has a row.
 * Segments are indexed in their order, so events after the last of them are read without the index. That is so whatever code has
 * stored them: what was left out is made up for later. Of a key, the first `missing` segments are not indexed.
 */
export function indexSchema(s: string): string {
  const lock = `PERFORM pg_advisory_xact_lock(${WRITERS}, ${eventsOid(s)});`;
  const bit = `bit_or(1::bigint << ((e.position - 1) / ${BLOCK} % ${SEGMENT / BLOCK})::int)`;
  const within = `e.position > $1 * ${SEGMENT} AND e.position <= $1 * ${SEGMENT} + ${SEGMENT}`;
  return `
  CREATE TABLE ${s}.event_blocks (
    term int NOT NULL,
    segment int NOT NULL,
    blocks bigint NOT NULL,
    PRIMARY KEY (term, segment)
  );
  CREATE TABLE ${s}.indexed_metadata (
    key text COLLATE "C" PRIMARY KEY,
    pattern text NOT NULL,
    missing bigint NOT NULL
  );
  ${grantAsEvents(s)}

  CREATE FUNCTION ${s}.term_of(of_text text) RETURNS int LANGUAGE sql IMMUTABLE AS $body$
    SELECT ('x' || encode(substr(sha256(convert_to(of_text, 'UTF8')), 1, 4), 'hex'))::bit(32)::int
  $body$;

  CREATE FUNCTION ${s}.index_segment(of_segment bigint, of_key text) RETURNS void LANGUAGE plpgsql AS $body$
  BEGIN
    -- Planned for these positions, as the table is now.
    EXECUTE $sql$
      INSERT INTO ${s}.event_blocks AS b (term, segment, blocks)
        SELECT term, $1, bit_or(blocks) FROM (
          SELECT ${s}.term_of(${TYPE_TERM}) AS term, ${bit} AS blocks FROM ${s}.events e
            WHERE $2 IS NULL AND ${within} GROUP BY e.type
          UNION ALL SELECT ${s}.term_of(${METADATA_TERM}), ${bit} FROM ${joinMetadata(s)}
            WHERE ($2 IS NULL OR k.key = $2) AND ${within} GROUP BY k.key, m.found[1]
          UNION ALL SELECT 0, 0 WHERE $2 IS NULL
        ) AS found GROUP BY term ORDER BY term
      ON CONFLICT (term, segment) DO UPDATE SET blocks = b.blocks | excluded.blocks
    $sql$ USING of_segment, of_key;
  END $body$;

  CREATE FUNCTION ${s}.index_segments() RETURNS boolean LANGUAGE plpgsql AS $body$
  DECLARE
    first bigint;
    complete bigint;
  BEGIN
    ${lock}
    SELECT coalesce(max(segment) + 1, 0) INTO first FROM ${s}.event_blocks WHERE term = 0;
    SELECT coalesce(max(position), 0) / ${SEGMENT} INTO complete FROM ${s}.events;
    FOR number IN first .. least(complete, first + ${AT_ONCE}) - 1 LOOP PERFORM ${s}.index_segment(number, NULL); END LOOP;
    RETURN first + ${AT_ONCE} < complete;
  EXCEPTION WHEN insufficient_privilege OR read_only_sql_transaction THEN
    -- Left to a role that may: reads need no index.
    RETURN false;
  END $body$;

  CREATE FUNCTION ${s}.index_key(of_key text, of_pattern text) RETURNS boolean LANGUAGE plpgsql AS $body$
  DECLARE
    remaining bigint;
  BEGIN
    IF NOT EXISTS (SELECT FROM ${s}.indexed_metadata WHERE key = of_key) THEN
      ${lock}
      INSERT INTO ${s}.indexed_metadata
        SELECT of_key, of_pattern, coalesce(max(segment) + 1, 0) FROM ${s}.event_blocks WHERE term = 0 ON CONFLICT DO NOTHING;
    END IF;
    SELECT missing INTO remaining FROM ${s}.indexed_metadata WHERE key = of_key FOR UPDATE;
    FOR number IN REVERSE remaining - 1 .. greatest(0, remaining - ${AT_ONCE}) LOOP PERFORM ${s}.index_segment(number, of_key); END LOOP;
    UPDATE ${s}.indexed_metadata SET missing = greatest(0, remaining - ${AT_ONCE}) WHERE key = of_key;
    RETURN remaining > ${AT_ONCE};
  END $body$;`;
}

/** Whoever may read or write events may do so with their index, which it was not asked for. */
function grantAsEvents(s: string): string {
  const events = `'${s.replaceAll("'", "''")}.events'`;
  return `DO $body$
  DECLARE
    entry record;
  BEGIN
    FOR entry IN SELECT a.privilege_type AS granted, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END AS role
      FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a
      WHERE c.oid = ${events}::regclass AND a.grantee <> c.relowner AND a.privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
    LOOP
      EXECUTE format('GRANT %s ON ${s}.event_blocks, ${s}.indexed_metadata TO %s', entry.granted, entry.role);
    END LOOP;
  END $body$;`;
}

/** Indexes what a statement has stored, if it has completed a segment. `head`: the newest position before. */
export function indexAfter(s: string, added: string): string {
  return `IF (head + ${added}) / ${SEGMENT} > head / ${SEGMENT} THEN PERFORM ${s}.index_segments(); END IF;`;
}
