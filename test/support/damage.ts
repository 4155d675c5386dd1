import Database from "better-sqlite3";

/** Changes a store's file without the store. */
export function tamper(path: string, sql: string): void {
  const database = new Database(path);
  database.exec(sql);
  database.close();
}

/** Formats a value as SQL text. */
export function sqlText(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}
