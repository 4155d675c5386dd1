import { existsSync } from "node:fs";
import type { SqliteDriver } from "../../src/adapter.ts";
import type { Engine } from "./engine.ts";

/**
 * Opens a file that is only read, and leaves the file and its folder as they were. A read-only connection would leave the files of the
 * write-ahead log behind (https://sqlite.org/wal.html#read_only_databases); a connection that may write, and does not, removes them.
 * Where they are there already, they belong to another process or to a crash, and stay.
 */
export function openToRead(engine: Engine, file: string): SqliteDriver {
  const logged = existsSync(`${file}-wal`);
  const driver = engine.open(file, logged);
  if (!logged) driver.exec("PRAGMA query_only = ON");
  return driver;
}
