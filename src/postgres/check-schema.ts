import { createUuidv7 } from "../events/ids.ts";
import type { PostgresDriver, PostgresQuery } from "./driver.ts";
import { MIGRATIONS } from "./migrations.ts";
import { quoted } from "./values.ts";

/** Rolls back what was only made to be looked at. */
class Done extends Error {}

/**
 * Compares a schema's tables and functions with those that the migrations up to a format make, in a schema of their own that is rolled
 * back. Resolves with every difference that matters to the store; undefined if the role cannot create a schema.
 */
export async function findSchemaProblems(
  driver: PostgresDriver,
  schema: string,
  format: number,
): Promise<readonly string[] | undefined> {
  const scratch = `rivulet_${createUuidv7(() => 0)().replaceAll("-", "")}`;
  let problems: readonly string[] = [];
  try {
    await driver.transaction(async (query) => {
      for (const migrate of MIGRATIONS.slice(0, format)) await query(migrate(quoted(scratch)));
      problems = compare(await describe(query, scratch), await describe(query, schema));
      throw new Done();
    });
  } catch (error) {
    // "insufficient_privilege", or "read_only_sql_transaction" on a standby.
    if (["42501", "25006"].includes(driver.codeOf(error) ?? "")) return undefined;
    if (!(error instanceof Done)) throw error;
  }
  return problems;
}

/** Definitions by kind and name, such as "column events.position". */
type Described = ReadonlyMap<string, string>;

function compare(expected: Described, found: Described): string[] {
  const problems: string[] = [];
  for (const [name, definition] of expected) {
    const actual = found.get(name);
    if (actual === undefined) problems.push(`${name} is missing`);
    else if (actual !== definition) problems.push(`${name} is not as rivulet makes it`);
  }
  for (const name of found.keys()) {
    // Tables and functions of others do no harm, nor do indexes, unless they are unique: then they are constraints, too.
    const [, kind, table = ""] = /^(\w+) ([^.]+)\./.exec(name) ?? [];
    if (kind !== undefined && expected.has(`table ${table}`) && !expected.has(name)) {
      problems.push(`${name} is not rivulet's`);
    }
  }
  return problems;
}

async function describe(query: PostgresQuery, schema: string): Promise<Described> {
  const rows = await query(
    `WITH n AS (SELECT oid FROM pg_namespace WHERE nspname = $1),
      t AS (SELECT c.* FROM pg_class c, n WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p'))
    SELECT 'table ' || relname, concat_ws(',', relkind, relpersistence, relrowsecurity, relhasrules) FROM t
    UNION ALL SELECT 'column ' || relname || '.' || attname,
        concat_ws(',', format_type(atttypid, atttypmod), attnotnull, attcollation, attidentity, attgenerated, pg_get_expr(d.adbin, d.adrelid))
      FROM t JOIN pg_attribute a ON attrelid = t.oid AND attnum > 0 AND NOT attisdropped
      LEFT JOIN pg_attrdef d ON d.adrelid = t.oid AND d.adnum = a.attnum
    UNION ALL SELECT 'constraint ' || relname || '.' || conname, pg_get_constraintdef(c.oid)
      FROM t JOIN pg_constraint c ON conrelid = t.oid
    UNION ALL SELECT 'index ' || t.relname || '.' || i.relname, pg_get_indexdef(i.oid)
      FROM t JOIN pg_index x ON indrelid = t.oid JOIN pg_class i ON i.oid = indexrelid WHERE indisunique OR i.relname = 'events_first'
    UNION ALL SELECT 'trigger ' || relname || '.' || tgname, pg_get_triggerdef(g.oid)
      FROM t JOIN pg_trigger g ON tgrelid = t.oid WHERE NOT tgisinternal
    UNION ALL SELECT 'function ' || proname || '(' || pg_get_function_identity_arguments(p.oid) || ')',
        concat_ws(',', prorettype, prosecdef, provolatile, proconfig, prosrc)
      FROM pg_proc p, n WHERE pronamespace = n.oid`,
    [schema],
  );
  return new Map(
    rows.map(
      ([name, definition]) => [name as string, withoutSchema(name as string, definition as string, schema)] as const,
    ),
  );
}

/** Functions name it as rivulet does, and PostgreSQL quotes it only where it must. */
function withoutSchema(name: string, definition: string, schema: string): string {
  const text = definition.replaceAll(`${quoted(schema)}.`, "");
  return name.startsWith("function ") ? text : text.replaceAll(` ${schema}.`, " ");
}
