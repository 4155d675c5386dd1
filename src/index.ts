/** rivulet: an event store that lives inside your application. */
export { openEventStore } from "./store/open-event-store.ts";
export type { EventStore } from "./store/event-store.ts";
export type { OpenOptions } from "./store/open-event-store.ts";
export type { EventStream } from "./store/event-stream.ts";
export type { StreamList, StreamsOptions, StreamSummary } from "./store/list-streams.ts";
export type { CausingEvent, Event, EventData, EventsOfType, Metadata, NewEvent, StoredEvent } from "./event.ts";
export type { EventDefinitions, EventFormat, UnknownEvents } from "./events/event-format.ts";
export type { AppendAllOptions, AppendOptions, AppendResult, StreamAppend } from "./append/append.ts";
export type { Decider, Executed, ExecuteOptions } from "./deciders/decider.ts";
export type { ImportResult } from "./errors.ts";
export type {
  ExportedText,
  ExportOptions,
  ExportProgress,
  ImportOptions,
  ImportSource,
  ReadableStreamLike,
  TextFormat,
} from "./ndjson/text-format.ts";
export type {
  LiveProjection,
  LoadAllOptions,
  Loaded,
  LoadedAll,
  LoadOptions,
  ProjectedState,
  Projection,
  ProjectOptions,
} from "./projections/projection.ts";
export type { EventReader, ReadAllOptions, ReadOptions } from "./read/read.ts";
export type { EventWatcher, WatchAllOptions, WatchOptions } from "./subscriptions/watch.ts";
export type {
  BuildProgress,
  ParkedEvent,
  QueryOptions,
  ReadModel,
  ReadModelDefinition,
  ReadModelOptions,
  RebuildOptions,
  SqlStatement,
  SqlTable,
  SqlText,
} from "./read-models/read-model.ts";
export type { QueryFor, SqlQuery } from "./read-models/query-types.ts";
export type {
  Consumer,
  ConsumeOptions,
  ConsumerDefinition,
  ConsumerFailure,
  ConsumerStatus,
} from "./consumers/consumer.ts";
export { matches, type EventFilter } from "./events/filter.ts";
export type { LoadSnapshotOptions, NewSnapshot, Snapshot, Snapshotted } from "./projections/snapshot.ts";
export type { PastStream, PastView } from "./store/past-view.ts";
export { EventStoreError, isEventStoreError } from "./errors.ts";
export type { AnyEventStoreError, EventStoreErrorCode, EventStoreErrorDetails } from "./errors.ts";
export { memory } from "./storage/memory/adapter.ts";
export type { Adapter, OpenedStorage } from "./storage/adapter.ts";
export type { AbortSignalLike } from "./platform.ts";
export type { ExpectedVersion, PerDialect, SqlValue, StorageInfo } from "./storage/protocol.ts";
