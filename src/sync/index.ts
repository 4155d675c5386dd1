/** Replicas, which follow streams of a hub and queue what is done to them: `rivulet/sync`. */
export { follow, type FollowOptions } from "./follow.ts";
export type { HttpTransportOptions } from "./replica/speaking/http-transport.ts";
export type { FetchLike, ReadableLike, ResponseLike } from "./http.ts";
export type { PushedAppend, PushedCommand, PushedEntry, Reason } from "./messages.ts";
export type { OnConflict } from "./replica/speaking/conflicts.ts";
export type { PendingRows } from "./replica/queries/ask-pending.ts";
export type { LivePending, LivePendingAll } from "./replica/reading/live-pending.ts";
export type { FailedPending } from "./replica/queries/overlay.ts";
export type { PendingQueryOptions } from "./replica/pending-queries.ts";
export type { Deciders, PendingEvent } from "./replica/pending/predict.ts";
export type {
  ConfirmedOnly,
  LoadedPendingAll,
  ReplicaChange,
  ReplicaLoadAllOptions,
  ReplicaLoadOptions,
  ReplicaReadAllOptions,
  ReplicaReadOptions,
  ReplicaReads,
  ReplicaWatchAllOptions,
  ReplicaWatcher,
  ShownEvent,
  ShownReader,
  WithPending,
} from "./replica/reading/reads.ts";
export type { Replica } from "./replica/replica-methods.ts";
export type { Connection } from "./replica/speaking/session.ts";
export type {
  AppendConflict,
  CatchUpProgress,
  FollowedStreams,
  OutboxItem,
  ReplicaNews,
  ReplicaStatus,
  UnfollowOptions,
} from "./replica/status/status.ts";
export type {
  LoadedPending,
  Queued,
  QueueAppendAllOptions,
  QueueAppendOptions,
  QueueCommandOptions,
  ReplicaStream,
} from "./replica/stream-methods.ts";
