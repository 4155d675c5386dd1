import type { SqliteDriver } from "../driver.ts";

/** The names by which SQL reaches the number of a row, unless a column has that name (https://sqlite.org/lang_createtable.html#rowid). */
const ROW_NUMBERS = ["rowid", "_rowid_", "oid"];

/**
 * Copies the tables of read models, given by how their names start, into temporary ones of the same names, which hide them
 * (https://sqlite.org/lang_naming.html). What is done to the copies takes no lock of the database's, and is gone after the open
 * transaction, if that is rolled back. SQLite compiles prepared statements again whenever temporary tables come or go.
 */
export function copyTables(driver: SqliteDriver, prefixes: readonly string[]): void {
  const select = driver.prepare(
    "SELECT name, tbl_name, sql, type = 'index' FROM main.sqlite_schema WHERE sql IS NOT NULL ORDER BY 4",
  );
  for (const [name, table, sql, isIndex] of select.all() as [string, string, string, number][]) {
    if (!prefixes.some((prefix) => table.startsWith(prefix))) continue;
    if (isIndex === 1) driver.exec(sql.replace(/^CREATE INDEX /, "CREATE INDEX temp."));
    else copy(driver, name, sql);
  }
}

function copy(driver: SqliteDriver, name: string, sql: string): void {
  driver.exec(sql.replace(/^CREATE TABLE /, "CREATE TEMP TABLE "));
  // Generated columns are computed again.
  const columns = driver.prepare("SELECT name FROM pragma_table_xinfo(?, 'main') WHERE hidden = 0").all(name);
  const names = columns.map(([column]) => String(column));
  const number = ROW_NUMBERS.find((one) => !names.some((column) => column.toLowerCase() === one));
  const list = [...(number === undefined ? [] : [number]), ...names.map(quoted)].join(", ");
  driver.exec(`INSERT INTO temp.${quoted(name)} (${list}) SELECT ${list} FROM main.${quoted(name)}`);
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
