/** A table or index as `sqlite_schema` lists it (https://sqlite.org/schematab.html). */
export interface SchemaObject {
  readonly type: string;
  readonly name: string;
  /** The table it belongs to: a table's own name, or an index's table. */
  readonly table: string;
  /** The normalised statement that created it; null for the indexes that SQLite creates for constraints. */
  readonly sql: string | null;
}

/**
 * Returns the tables and indexes that `sqlite_schema` lists after these migrations, by name. Interprets CREATE TABLE, CREATE INDEX,
 * ALTER TABLE … ADD COLUMN, RENAME COLUMN or RENAME TO, and DROP; other statements do not change the schema.
 */
export function schemaAfter(steps: readonly string[]): ReadonlyMap<string, SchemaObject> {
  const objects = new Map<string, SchemaObject>();
  for (const statement of steps.flatMap((step) => step.split(";")).map(normalizeSql)) apply(statement, objects);
  return objects;
}

/**
 * Removes insignificant white space, as SQLite defines white space, and the quotes around a table's name, which ALTER TABLE adds.
 */
export function normalizeSql(sql: string): string {
  return sql
    .replaceAll(/[ \t\n\f\r]+/g, " ")
    .replaceAll(/ ?([(),]) ?/g, "$1")
    .trim()
    .replace(/^CREATE TABLE "(\w+)"/, "CREATE TABLE $1");
}

function apply(statement: string, objects: Map<string, SchemaObject>): void {
  const [, verb = "", name = "", rest = ""] =
    /^(CREATE TABLE|CREATE INDEX|CREATE UNIQUE INDEX|ALTER TABLE|DROP TABLE|DROP INDEX) (\w+)(.*)$/.exec(statement) ??
    [];
  if (verb === "CREATE TABLE") objects.set(name, { type: "table", name, table: name, sql: statement });
  else if (verb.endsWith("INDEX") && verb.startsWith("CREATE")) {
    objects.set(name, { type: "index", name, table: /^ ON (\w+)/.exec(rest)?.[1] ?? "", sql: statement });
  } else if (verb === "ALTER TABLE") alter(name, rest, objects);
  else if (verb.startsWith("DROP")) {
    for (const one of [...objects.values()]) {
      if (one.name === name || (verb === "DROP TABLE" && one.table === name)) objects.delete(one.name);
    }
  }
}

function alter(name: string, change: string, objects: Map<string, SchemaObject>): void {
  const [, column] = /^ ADD COLUMN (.*)$/.exec(change) ?? [];
  const [, from, to] = /^ RENAME COLUMN (\w+) TO (\w+)$/.exec(change) ?? [];
  const [, renamed] = /^ RENAME TO (\w+)$/.exec(change) ?? [];
  for (const one of [...objects.values()]) {
    if (one.table !== name || one.sql === null) continue;
    if (column !== undefined && one.type === "table") objects.set(name, { ...one, sql: addColumn(one.sql, column) });
    if (from !== undefined)
      objects.set(one.name, { ...one, sql: one.sql.replace(new RegExp(`\\b${from}\\b`, "g"), `${to}`) });
    if (renamed === undefined) continue;
    objects.delete(one.name);
    const own = one.type === "table";
    const sql = own
      ? one.sql.replace(`CREATE TABLE ${name}`, `CREATE TABLE ${renamed}`)
      : one.sql.replace(` ON ${name}(`, ` ON "${renamed}"(`);
    objects.set(own ? renamed : one.name, { ...one, name: own ? renamed : one.name, table: renamed, sql });
  }
}

/** SQLite puts a new column behind the last one, before the constraints of the table. */
function addColumn(sql: string, column: string): string {
  const constraints = /,(?:CONSTRAINT|PRIMARY KEY|UNIQUE|CHECK|FOREIGN KEY)\b/.exec(sql);
  const end = constraints?.index ?? sql.lastIndexOf(")");
  return `${sql.slice(0, end)},${column}${sql.slice(end)}`;
}
