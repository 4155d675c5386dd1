/**
 * For writing adapters: the storage protocol, SQLite behind a small driver interface, the protocol over message ports,
 * and errors. An application does not need it.
 */
export { EventStoreError, invalidArgument, isEventStoreError, mustBe, storeClosed } from "./errors.ts";
export { fromFailure, toFailure } from "./storage/failure.ts";
export type { EventStoreErrorCode, EventStoreErrorDetails } from "./errors.ts";
export { describe, messageOf } from "./errors.ts";
export { checkChoice, checkOptions, checkVerb } from "./validate.ts";
export type { Adapter, OpenedStorage } from "./storage/adapter.ts";
export type { AbortSignalLike } from "./platform.ts";
export { connectRemoteStorage, createRemoteStorage } from "./remote/client.ts";
export type { RemoteStorage, RemoteStorageOptions } from "./remote/remote-storage.ts";
export type { Endpoint } from "./remote/messages.ts";
export { serveOverRpc, storeOverRpc, type MessageReceiver, type StoreObject } from "./remote/rpc.ts";
export { serveOverSockets, type SocketConnection } from "./remote/socket-server.ts";
export { SOCKET_TEXTS, storeOverSocket, type WebSocketLike } from "./remote/web-socket.ts";
export { createStorageServer, type StorageServer, type StorageServerOptions } from "./remote/server.ts";
export type { SqliteDriver, SqliteParameter, SqliteRow, SqliteStatement, SqliteValue } from "./sqlite/driver.ts";
export { toStoreError } from "./sqlite/faults.ts";
export { MIGRATIONS } from "./sqlite/migrations.ts";
export { mayBeEndless } from "./sqlite/read-models/endless.ts";
export { isLarge } from "./sqlite/read-models/long-calls.ts";
export { queryTimeout } from "./storage/query-timeout.ts";
export { joinStatement, splitStatement } from "./sqlite/statement-text.ts";
export { transactionsOf } from "./sqlite/transaction.ts";
export { renewLineage } from "./sqlite/lineage.ts";
export { checkIndexedMetadata } from "./storage/indexed-metadata.ts";
export { openSqliteStorage, type SqliteStorageOptions } from "./sqlite/sqlite-storage.ts";
export { verifyDatabase } from "./sqlite/verify.ts";
export type { DatabaseProblem, StoredSnapshot, VerifiedCounts, VerifyListeners } from "./storage/verify-rules.ts";
export { verifyPostgres, type VerifiedPostgres } from "./postgres/verify.ts";
export type {
  PostgresAsk,
  PostgresDriver,
  NextStatement,
  OnGivenUp,
  PostgresListener,
  PostgresQuery,
  PostgresResult,
  PostgresRow,
  PostgresValue,
} from "./postgres/driver.ts";
export { openPostgresStorage, type PostgresStorageOptions } from "./postgres/postgres-storage.ts";
export { withEventLimit, type EventLimit } from "./storage/event-limit.ts";
export type * from "./storage/protocol.ts";
export { shareStorage } from "./storage/share-storage.ts";
export { wrapVerbs, type Access, type AnyVerb, type Capability } from "./storage/verbs.ts";
