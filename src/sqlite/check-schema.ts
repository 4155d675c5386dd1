import { prefixOf, type ModelKey } from "../storage/read-model-names.ts";
import type { SqliteDriver } from "./driver.ts";
import { normalizeSql, schemaAfter, type SchemaObject } from "./expected-schema.ts";

/** A row of `sqlite_schema`. */
type SchemaRow = readonly [type: string, name: string, table: string, root: number | null, sql: string | null];

const SELECT_SCHEMA = "SELECT type, name, tbl_name, rootpage, sql FROM sqlite_schema";

/** The exact SQL of SQLite's own tables: the statistics of ANALYZE and the counters of AUTOINCREMENT. */
const SQLITES_OWN: ReadonlyMap<string, string> = new Map([
  ["sqlite_sequence", "CREATE TABLE sqlite_sequence(name,seq)"],
  ["sqlite_stat1", "CREATE TABLE sqlite_stat1(tbl,idx,stat)"],
  ["sqlite_stat4", "CREATE TABLE sqlite_stat4(tbl,idx,neq,nlt,ndlt,sample)"],
]);

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;

/**
 * Reports every difference from the schema that the migrations create: a missing or different table, index or constraint, and any
 * trigger, view, virtual table or foreign table. Tables of read models must belong to models that the file registers. No SQL of the
 * file is executed. Call it inside a transaction, so that it sees one state of the file.
 */
export function findSchemaProblems(driver: SqliteDriver, steps: readonly string[]): readonly string[] {
  const problems: string[] = [];
  const expected = schemaAfter(steps);
  const rows = (driver.prepare(SELECT_SCHEMA).all() as unknown as SchemaRow[]).filter(
    // Tables that the engine reserves for itself.
    ([, , table]) => driver.pragmas === undefined || !table.startsWith(driver.pragmas.reserved),
  );
  const found = new Set<string>();
  const left: SchemaRow[] = [];
  for (const row of rows) {
    const [type, name, table, , sql] = row;
    const own = expected.get(name);
    found.add(name);
    if (own !== undefined) {
      if (!isSame(own, row)) problems.push(`${type} "${name}" is not as rivulet makes it`);
    } else if (isAutomatic(row)) {
      // SQLite derives it from the table's constraints, and refuses a file in which the two differ.
      if (!expected.has(table)) left.push(row);
    } else if (SQLITES_OWN.get(name) !== sql || type !== "table") left.push(row);
  }
  for (const { type, name } of expected.values()) {
    if (!found.has(name)) problems.push(`${type} "${name}" is missing`);
  }
  problems.push(...findSharedPages(rows));
  if (problems.length > 0 || (left.length === 0 && !expected.has("models"))) {
    return [...problems, ...left.map(([type, name]) => `${type} "${name}" is not rivulet's`)];
  }
  // The table `models` was checked above, and can be queried now.
  const models = readModels(driver, problems);
  for (const row of left) {
    if (!models.some((model) => belongsTo(model, row))) problems.push(`${row[0]} "${row[1]}" is not rivulet's`);
  }
  return problems;
}

function isSame({ type, table, sql }: SchemaObject, [foundType, , foundTable, , foundSql]: SchemaRow): boolean {
  return foundType === type && foundTable === table && foundSql !== null && normalizeSql(foundSql) === sql;
}

function isAutomatic([type, name, table, , sql]: SchemaRow): boolean {
  const start = `sqlite_autoindex_${table}_`;
  return type === "index" && sql === null && name.startsWith(start) && /^\d+$/.test(name.slice(start.length));
}

/** Two tables with the same root page would overwrite each other. */
function findSharedPages(rows: readonly SchemaRow[]): string[] {
  const owners = new Map<number, string>();
  const problems: string[] = [];
  for (const [type, name, , root] of rows) {
    if (root === null || root <= 0) {
      if (type === "table" || type === "index") problems.push(`${type} "${name}" has no page of its own`);
      continue;
    }
    const owner = owners.get(root);
    if (owner !== undefined) problems.push(`${type} "${name}" shares a page with "${owner}"`);
    owners.set(root, name);
  }
  return problems;
}

/** Returns the registered read models, and reports invalid names, because names become part of SQL. */
function readModels(driver: SqliteDriver, problems: string[]): readonly ModelKey[] {
  const rows = driver.prepare("SELECT name, schema, tables, checkpoint FROM models").all();
  return rows.flatMap(([name, schema, tables, checkpoint]) => {
    const model = { name: String(name), schema: schema as number };
    const fine =
      IDENTIFIER.test(model.name) &&
      [schema, checkpoint].every((one) => Number.isSafeInteger(one) && (one as number) >= 0) &&
      areTablesOf(model, tables);
    if (!fine) problems.push(`read model "${model.name}" is not registered as rivulet does it`);
    return fine ? [model] : [];
  });
}

function areTablesOf(model: ModelKey, text: unknown): boolean {
  const prefix = prefixOf(model, "used");
  try {
    return (JSON.parse(String(text)) as readonly { readonly name: string }[]).every(
      ({ name }) => name.startsWith(prefix) && IDENTIFIER.test(name.slice(prefix.length)),
    );
  } catch {
    return false;
  }
}

function belongsTo(model: ModelKey, row: SchemaRow): boolean {
  const [type, name, table, , sql] = row;
  if (!(["used", "fresh"] as const).some((set) => table.startsWith(prefixOf(model, set)))) return false;
  if (type === "table") return name === table && sql?.startsWith(`CREATE TABLE "${name}" (`) === true;
  if (isAutomatic(row)) return true;
  const start = `CREATE INDEX "${name}" ON "${table}" (`;
  return type === "index" && name.startsWith(prefixOf(model, "used")) && sql?.startsWith(start) === true;
}
