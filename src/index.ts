/** rivulet: an event store that lives inside your application. */
export { openEventStore } from "./event-store.ts";
export type {
  Adapter,
  EventStore,
  OpenedStorage,
  OpenOptions,
  StreamList,
  StreamsOptions,
  StreamSummary,
} from "./event-store.ts";
export type { EventStream } from "./event-stream.ts";
export type { CausingEvent, Event, EventData, Metadata, NewEvent, StoredEvent } from "./event.ts";
export type { EventDefinitions, EventFormat, UnknownEvents } from "./event-format.ts";
export type { AppendAllOptions, AppendOptions, AppendResult, StreamAppend } from "./append.ts";
export type { Decider, Executed, ExecuteOptions } from "./decider.ts";
export type {
  ExportedText,
  ExportOptions,
  ExportProgress,
  ImportOptions,
  ImportResult,
  ImportSource,
  ReadableStreamLike,
  TextFormat,
} from "./text-format.ts";
export type {
  LiveProjection,
  LoadAllOptions,
  Loaded,
  LoadedAll,
  LoadOptions,
  ProjectedState,
  Projection,
  ProjectOptions,
} from "./projection.ts";
export type { EventReader, ReadAllOptions, ReadOptions } from "./read.ts";
export type { EventWatcher, WatchAllOptions, WatchOptions } from "./watch.ts";
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
} from "./read-model.ts";
export type { Consumer, ConsumeOptions, ConsumerDefinition, ConsumerFailure, ConsumerStatus } from "./consumer.ts";
export { matches, type EventFilter } from "./filter.ts";
export type { LoadSnapshotOptions, NewSnapshot, Snapshot } from "./snapshot.ts";
export type { PastStream, PastView } from "./past-view.ts";
export { EventStoreError, isEventStoreError } from "./errors.ts";
export type { AnyEventStoreError, EventStoreErrorCode, EventStoreErrorDetails } from "./errors.ts";
export { memory } from "./memory.ts";
export type { AbortSignalLike } from "./platform.ts";
export type { ExpectedVersion, SqlValue, StorageInfo } from "./storage/protocol.ts";
