import { is, SQL } from "drizzle-orm";
import { getTableConfig, type SQLiteColumn, type SQLiteTable } from "drizzle-orm/sqlite-core";
import { invalidArgument } from "../../src/adapter.ts";
import type { SqlTable } from "../../src/index.ts";
import { table } from "../../src/read-models/index.ts";

type Config = ReturnType<typeof getTableConfig>;

/** The types of STRICT tables that Drizzle has. */
const TYPES = new Set(["INTEGER", "REAL", "TEXT", "BLOB"]);

/** Makes a table of a read model of one of Drizzle. @throws `invalid-argument` for what such a table cannot have. */
export function tableOf(given: SQLiteTable): SqlTable {
  const config = getTableConfig(given);
  const { name, columns, foreignKeys, checks, primaryKeys, uniqueConstraints } = config;
  if (foreignKeys.length > 0) throw refused(name, "references");
  if (checks.length > 0) throw refused(name, "checks");
  const definitions = [
    ...columns.map((column) => definitionOf(name, column)),
    ...primaryKeys.map((key) => `PRIMARY KEY (${listOf(key.columns)})`),
    ...uniqueConstraints.map((key) => `UNIQUE (${listOf(key.columns)})`),
  ];
  return table(name, definitions.join(", "), { indexes: config.indexes.map((index) => indexOf(name, index)) });
}

/** The names of a table's columns, in the database. */
export function columnNamesOf(given: SQLiteTable): readonly string[] {
  return getTableConfig(given).columns.map(({ name }) => name);
}

/** Default values are for statements made with `sql`: Drizzle writes them into its own. */
function definitionOf(tableName: string, column: SQLiteColumn): string {
  const type = column.getSQLType().replace(/\(.*/, "").toUpperCase();
  if (!TYPES.has(type)) throw refused(tableName, `columns of the type "${column.getSQLType()}"`);
  if (column.generated !== undefined) throw refused(tableName, "generated columns");
  if ("autoIncrement" in column && column.autoIncrement === true) throw refused(tableName, "autoIncrement");
  const parts = [quoted(column.name), type];
  if (column.primary) parts.push("PRIMARY KEY");
  if (column.notNull) parts.push("NOT NULL");
  if (column.isUnique) parts.push("UNIQUE");
  if (column.default !== undefined) parts.push(`DEFAULT ${defaultOf(tableName, column)}`);
  return parts.join(" ");
}

function defaultOf(tableName: string, column: SQLiteColumn): string {
  const given: unknown = column.default;
  if (is(given, SQL)) throw refused(tableName, "defaults made with sql, but values and $defaultFn()");
  const value = given === null ? null : column.mapToDriverValue(given);
  if (value === null) return "NULL";
  if (typeof value === "string") return `'${value.replaceAll("'", "''")}'`;
  if (typeof value === "bigint" || (typeof value === "number" && Number.isFinite(value))) return String(value);
  throw refused(tableName, "defaults that are no text or number");
}

function indexOf(tableName: string, { config: { columns, unique, where } }: Config["indexes"][number]): string {
  if (unique) throw refused(tableName, "unique indexes, but unique columns");
  if (where !== undefined) throw refused(tableName, "partial indexes");
  return listOf(
    columns.map((column) => {
      if (is(column, SQL)) throw refused(tableName, "indexes of expressions");
      return column;
    }),
  );
}

function listOf(columns: readonly { readonly name: string }[]): string {
  return columns.map(({ name }) => quoted(name)).join(", ");
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function refused(name: string, what: string): Error {
  return invalidArgument("tables", `"${name}": the tables of a read model have no ${what}`);
}
