import Database from "better-sqlite3";

/** How many bytes a table or an index takes, as SQLite counts them (https://sqlite.org/dbstat.html), of an open database or of a file. */
export function bytesOf(file: Database.Database | string, name: string): number {
  if (typeof file !== "string") {
    return file.prepare("SELECT sum(pgsize) FROM dbstat WHERE name = ?").pluck().get(name) as number;
  }
  const database = new Database(file, { readonly: true });
  try {
    return bytesOf(database, name);
  } finally {
    database.close();
  }
}
