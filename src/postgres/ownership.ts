/** The functions that have been added, or made anew, since format 1. */
const ADDED = [
  ...[
    "run_statements",
    "append_one",
    "append_many",
    "is_stored",
    "set_followed",
    "apply_confirmed",
    "enqueue",
    "settle_entry",
  ],
  ...["save_result", "queue_entry", "term_of", "index_segment", "index_segments", "index_key"],
];

const GRANTEE = "CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END";

/**
 * A statement that ends a migration. Whoever has migrated, what it has made belongs to the owner of the events, and roles that could call
 * the functions before can call the new ones, also where functions are not everybody's. `s`: the schema's quoted name.
 */
export function keepRights(s: string): string {
  const events = eventsOf(s);
  const ofSchema = `= (SELECT relnamespace FROM pg_class WHERE oid = ${events})`;
  return `DO $body$
  DECLARE
    owner oid := (SELECT relowner FROM pg_class WHERE oid = ${events});
    me oid := (SELECT oid FROM pg_roles WHERE rolname = current_user);
    entry record;
  BEGIN
    -- The tables of read models, which have a dot in their names, belong to whoever runs them.
    FOR entry IN
      SELECT 'TABLE' AS kind, oid::regclass::text AS name FROM pg_class
        WHERE relnamespace ${ofSchema} AND relkind = 'r' AND relowner = me AND me <> owner AND strpos(relname, '.') = 0
      UNION ALL SELECT 'FUNCTION', oid::regprocedure::text FROM pg_proc
        WHERE pronamespace ${ofSchema} AND prokind = 'f' AND proowner = me AND me <> owner
    LOOP
      BEGIN
        EXECUTE format('ALTER %s %s OWNER TO %s', entry.kind, entry.name, owner::regrole);
      EXCEPTION WHEN insufficient_privilege THEN NULL;
      END;
    END LOOP;
    FOR entry IN SELECT DISTINCT ${GRANTEE} AS role
      FROM pg_proc p CROSS JOIN LATERAL aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
      WHERE p.pronamespace ${ofSchema} AND p.proname IN ('append_one', 'position_at')
    LOOP
      EXECUTE format('GRANT EXECUTE ON FUNCTION ${ADDED.map((name) => `${s}.${name}`).join(", ")} TO %s', entry.role);
    END LOOP;
  END $body$;`;
}

/** Statements after which whoever may read or write events may do so with these tables, which it was not asked for. */
export function grantAsEvents(s: string, tables: readonly string[]): string {
  return `DO $body$
  DECLARE
    entry record;
  BEGIN
    FOR entry IN SELECT a.privilege_type AS granted, ${GRANTEE} AS role
      FROM pg_class c CROSS JOIN LATERAL aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) a
      WHERE c.oid = ${eventsOf(s)} AND a.privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
    LOOP
      EXECUTE format('GRANT %s ON ${tables.map((table) => `${s}.${table}`).join(", ")} TO %s', entry.granted, entry.role);
    END LOOP;
  END $body$;`;
}

function eventsOf(s: string): string {
  return `'${s.replaceAll("'", "''")}.events'::regclass`;
}
