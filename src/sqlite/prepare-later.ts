import type { SqliteDriver, SqliteStatement } from "./driver.ts";

/**
 * Returns the driver with statements that SQLite compiles when they first run. Most storages never run most of them, and where
 * SQLite's own code is compiled as it runs, as in a browser that opens a page, compiling all of them takes half of the opening. For
 * rivulet's own statements: a mistake in one would be found late.
 */
export function preparingLater(driver: SqliteDriver): SqliteDriver {
  const prepare = (sql: string): SqliteStatement => {
    let prepared: SqliteStatement | undefined;
    const statement = (): SqliteStatement => (prepared ??= driver.prepare(sql));
    return {
      run: (...values) => statement().run(...values),
      get: (...values) => statement().get(...values),
      all: (...values) => statement().all(...values),
    };
  };
  // Each member by itself: a class keeps private members, which only its own instances have.
  return {
    prepare,
    exec: (sql) => driver.exec(sql),
    transaction: (mode, work) => driver.transaction(mode, work),
    get inTransaction() {
      return driver.inTransaction;
    },
    codeOf: (error) => driver.codeOf(error),
    close: () => driver.close(),
    ...(driver.within && { within: (timeout, work) => driver.within!(timeout, work) }),
    pragmas: driver.pragmas,
  };
}
