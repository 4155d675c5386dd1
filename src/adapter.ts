/**
 * For writing adapters: the storage protocol, SQLite behind a small driver interface, and errors. An application
 * does not need it.
 */
export { EventStoreError, isEventStoreError } from "./errors.ts";
export type { EventStoreErrorCode, EventStoreErrorDetails } from "./errors.ts";
export type { Adapter, OpenedStorage } from "./event-store.ts";
export type { SqliteDriver, SqliteRow, SqliteStatement, SqliteValue } from "./sqlite/driver.ts";
export { toStoreError } from "./sqlite/faults.ts";
export { openSqliteStorage, type SqliteStorageOptions } from "./sqlite/sqlite-storage.ts";
export type * from "./storage/protocol.ts";
