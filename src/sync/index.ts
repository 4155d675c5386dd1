/** Replicas, which follow streams of a hub and queue what is done to them: `rivulet/sync`. */
export { follow, type FollowOptions } from "./follow.ts";
export type { HttpTransportOptions } from "./http-transport.ts";
export type { FetchLike, ReadableLike, ResponseLike } from "./http.ts";
export type { PushedAppend, PushedCommand, PushedEntry, Reason } from "./messages.ts";
export type { PendingRows } from "./replica/ask-pending.ts";
export type { LivePending } from "./replica/live-pending.ts";
export type { FailedPending } from "./replica/overlay.ts";
export type { PendingQueryOptions } from "./replica/pending-queries.ts";
export type { Deciders, PendingEvent } from "./replica/predict.ts";
export type { OutboxItem, Replica, ReplicaStatus } from "./replica/replica-methods.ts";
export type {
  LoadedPending,
  Queued,
  QueueAppendOptions,
  QueueCommandOptions,
  ReplicaStream,
} from "./replica/replica-stream.ts";
export type { Connection } from "./replica/session.ts";
