import { grantAsEvents } from "./ownership.ts";
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
 * stored them: if code of an older format has completed a segment, the next append that completes one, or the next opening, indexes
 * both. Of a key, the first `missing` segments are not indexed.
 */
export function indexSchema(s: string): string {
  const writers = `${WRITERS}, ${eventsOid(s)}`;
  // An append has the lock already. Roles that cannot write the index do not wait for it.
  const lock = `
    IF NOT has_table_privilege('${s.replaceAll("'", "''")}.event_blocks', 'UPDATE') THEN RETURN false; END IF;
    IF NOT pg_try_advisory_xact_lock(${writers}) THEN
      PERFORM set_config('lock_timeout', timeout::text, true);
      PERFORM pg_advisory_xact_lock(${writers});
    END IF;`;
  const unlessPossible = `
  EXCEPTION WHEN insufficient_privilege OR read_only_sql_transaction OR lock_not_available THEN
    -- Left to the next opening, or to a role that may: reads need no index.
    RETURN false;`;
  const first = `SELECT coalesce(max(segment) + 1, 0) INTO first FROM ${s}.event_blocks WHERE term = 0;`;
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
  ${grantAsEvents(s, ["event_blocks", "indexed_metadata"])}

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

  CREATE FUNCTION ${s}.index_segments(timeout bigint DEFAULT 1) RETURNS boolean LANGUAGE plpgsql AS $body$
  DECLARE
    first bigint;
    complete bigint;
  BEGIN
    ${first}
    SELECT coalesce(max(position), 0) / ${SEGMENT} INTO complete FROM ${s}.events;
    IF first >= complete THEN RETURN false; END IF;
    ${lock}
    ${first}
    FOR number IN first .. least(complete, first + ${AT_ONCE}) - 1 LOOP PERFORM ${s}.index_segment(number, NULL); END LOOP;
    RETURN first + ${AT_ONCE} < complete;
  ${unlessPossible}
  END $body$;

  CREATE FUNCTION ${s}.index_key(timeout bigint, of_key text, of_pattern text) RETURNS boolean LANGUAGE plpgsql AS $body$
  DECLARE
    remaining bigint;
  BEGIN
    IF NOT EXISTS (SELECT FROM ${s}.indexed_metadata WHERE key = of_key) THEN
      ${lock}
      INSERT INTO ${s}.indexed_metadata
        SELECT of_key, of_pattern, coalesce(max(segment) + 1, 0) FROM ${s}.event_blocks WHERE term = 0 ON CONFLICT DO NOTHING;
    END IF;
    PERFORM set_config('lock_timeout', timeout::text, true);
    SELECT missing INTO remaining FROM ${s}.indexed_metadata WHERE key = of_key FOR UPDATE;
    FOR number IN REVERSE remaining - 1 .. greatest(0, remaining - ${AT_ONCE}) LOOP PERFORM ${s}.index_segment(number, of_key); END LOOP;
    UPDATE ${s}.indexed_metadata SET missing = greatest(0, remaining - ${AT_ONCE}) WHERE key = of_key;
    RETURN remaining > ${AT_ONCE};
  ${unlessPossible}
  END $body$;`;
}

/**
 * Indexes what a statement has stored, if it has completed a segment. What prevents that prevents no append. `head`: the newest position
 * before.
 */
export function indexAfter(s: string, added: string): string {
  return `IF (head + ${added}) / ${SEGMENT} > head / ${SEGMENT} THEN
      BEGIN PERFORM ${s}.index_segments(); EXCEPTION WHEN OTHERS THEN NULL; END;
    END IF;`;
}
