import { invalidArgument } from "../../errors.ts";
import type { PostgresAsk, PostgresQuery } from "../driver.ts";
import { arrayOf, quoted } from "../values.ts";
import { FUNCTIONS, LAST_TIME_KEYWORD } from "./guard-allowed.ts";

/** What a statement of a read model may do. */
export interface Permit {
  /** It may use only tables whose names start with one of these. */
  readonly prefixes: readonly string[];
  /** Whether it may change those tables. */
  readonly writes: boolean;
}

/** What a statement or a table definition refers to, by oids. */
interface References {
  readonly relations: readonly string[];
  readonly functions: readonly string[];
  readonly operators: readonly string[];
}

/** A cast in an assignment that rounds (by the oids of pg_cast), or that writes bytes as text: STRICT tables of SQLite refuse both. */
const ROUNDS = /\{FUNCEXPR :funcid (?:237|238|317|319|483|653|1744|1779|1783) [^{}]*?:funcformat 2 /;
const BYTES_AS_TEXT = /:(?:resulttype|vartype) 17 [^{}]*\} :resulttype 25 [^{}]*:coerceformat 2 /;

/**
 * Ensures that a statement only computes with its values and the permitted tables. PostgreSQL itself analyses it, as the body of a
 * function, which is not kept (https://www.postgresql.org/docs/current/sql-createfunction.html, `BEGIN ATOMIC`): what this tree refers
 * to is checked, not the text, so that no spelling evades the check; anything not known to be harmless is refused. The search path
 * must be the schema `s` alone. Throws the driver's error for an invalid statement.
 *
 * @throws `invalid-argument` for any other statement.
 */
export async function guardStatement(
  query: PostgresQuery,
  ask: PostgresAsk,
  s: string,
  text: string,
  permit: Permit,
): Promise<void> {
  const name = `${s}.guard_${Math.random().toString(36).slice(2)}(text[])`;
  await query("SAVEPOINT guard");
  // The line break is for a text that ends with a comment.
  await ask(`CREATE FUNCTION ${name} RETURNS void LANGUAGE sql BEGIN ATOMIC ${text}\n; END`);
  const [[tree] = []] = await query("SELECT prosqlbody::text FROM pg_proc WHERE oid = $1::regprocedure", [name]);
  await refuseTree(query, String(tree), s, permit);
  const others = await query(
    `SELECT pg_describe_object(d.refclassid, d.refobjid, 0) FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass
      AND d.objid = $1::regprocedure AND NOT (d.refclassid = 'pg_namespace'::regclass AND d.refobjid = $2::regnamespace)
      AND NOT (d.refclassid = 'pg_class'::regclass AND d.refobjid = ANY ($3::oid[]))
      AND NOT (d.refclassid = 'pg_type'::regclass AND EXISTS
        (SELECT FROM pg_type t WHERE t.oid = d.refobjid AND t.typrelid = ANY ($3::oid[])))
      AND NOT (d.refclassid IN ('pg_collation'::regclass, 'pg_ts_config'::regclass, 'pg_ts_dict'::regclass)
        AND (pg_identify_object(d.refclassid, d.refobjid, 0)).schema = 'pg_catalog')`,
    [name, s, arrayOf(referencesIn(String(tree)).relations)],
  );
  if (others.length > 0) throw refused(String(others[0]?.[0]));
  await query("ROLLBACK TO SAVEPOINT guard");
}

/** Refuses a tree that refers to anything else than the permitted tables and harmless functions. */
async function refuseTree(query: PostgresQuery, tree: string, s: string, { prefixes, writes }: Permit): Promise<void> {
  if (!writes && /\{QUERY :commandType (?!1 )/.test(tree)) throw invalidArgument("sql", "a query is a SELECT");
  const references = referencesIn(tree);
  const tables = await query(
    "SELECT relname, relnamespace = $2::regnamespace FROM pg_class WHERE oid = ANY ($1::oid[])",
    [arrayOf(references.relations), s],
  );
  for (const [name, own] of tables) {
    if (own === "t" && prefixes.some((prefix) => name?.startsWith(prefix))) continue;
    throw invalidArgument("sql", `a statement may only touch the tables of its own read models, not ${name}`);
  }
  await refuseCalls(query, tree, references);
  if (ROUNDS.test(tree)) {
    throw invalidArgument("sql", "a fraction would be rounded in a column of whole numbers: CAST it AS BIGINT");
  }
  if (BYTES_AS_TEXT.test(tree)) throw invalidArgument("sql", "a column of text cannot store bytes");
}

/** Refuses functions and operators that are not PostgreSQL's own, or that depend on more than their arguments. */
async function refuseCalls(
  query: PostgresQuery,
  tree: string,
  { functions, operators }: References = referencesIn(tree),
): Promise<void> {
  const called = await query(
    `SELECT proname, provolatile, pronamespace = 'pg_catalog'::regnamespace FROM pg_proc WHERE oid = ANY ($1::oid[])
      UNION ALL SELECT oprname, 'i', false FROM pg_operator
      WHERE oid = ANY ($2::oid[]) AND oprnamespace <> 'pg_catalog'::regnamespace`,
    [arrayOf(functions), arrayOf(operators)],
  );
  for (const [name, volatility, builtin] of called) {
    if (builtin === "t" && (volatility === "i" || FUNCTIONS.has(name as string))) continue;
    throw refused(`the function ${name}`);
  }
  for (const [, keyword] of tree.matchAll(/\{SQLVALUEFUNCTION :op (\d+)/g)) {
    if (Number(keyword) > LAST_TIME_KEYWORD) throw refused("a function that names the user or the schema");
  }
}

/** Finds the oids in a tree. Texts and names in it cannot be mistaken for fields, because they are written as bytes or escaped. */
function referencesIn(tree: string): References {
  const oids = (field: RegExp): string[] => [...new Set([...tree.matchAll(field)].map(([, oid]) => oid as string))];
  return {
    relations: oids(/:relid (\d+)/g).filter((oid) => oid !== "0"),
    functions: oids(/:(?:funcid|aggfnoid|winfnoid|tsmhandler) (\d+)/g),
    operators: oids(/:opno (\d+)/g),
  };
}

function refused(what: string): Error {
  return invalidArgument("sql", `this statement uses ${what}, which read models may not use`);
}

/** Ensures that defaults, constraints, generated columns and indexes of a table, which every insert evaluates, are harmless. */
export async function guardTable(query: PostgresQuery, s: string, own: string): Promise<string | undefined> {
  const table = `${s}.${quoted(own)}`;
  const [[keys, numbered, trees] = []] = await query(
    `SELECT (SELECT count(*) FROM pg_constraint WHERE conrelid = t.oid AND contype = 'f'),
      (SELECT count(*) FROM pg_attribute WHERE attrelid = t.oid AND attidentity <> ''),
      (SELECT string_agg(tree, ' ') FROM (
        SELECT adbin::text AS tree FROM pg_attrdef WHERE adrelid = t.oid
        UNION ALL SELECT conbin::text FROM pg_constraint WHERE conrelid = t.oid
        UNION ALL SELECT concat(indexprs::text, indpred::text) FROM pg_index WHERE indrelid = t.oid) AS trees)
      FROM (SELECT $1::regclass AS oid) AS t`,
    [table],
  );
  if (keys !== "0") return "it has a foreign key, which read models do not support: leave it out";
  if (numbered !== "0" || /\{NEXTVALUEEXPR/.test(trees ?? "")) {
    return "rows are not numbered by the database, because a rebuild would number them differently: give the number";
  }
  await refuseCalls(query, trees ?? "");
  return undefined;
}
