/** Folding events into a state: `rivulet/projections`. */
export { defineProjection } from "./define-projection.ts";
export type { ProjectionDefinition } from "./define-projection.ts";
export type { ProjectionHandlers } from "./fold.ts";
export type { SnapshotPolicy } from "./snapshot-policy.ts";
export type { LiveProjection, Loaded, LoadedAll, ProjectedState, Projection, ProjectOptions } from "./projection.ts";
export { lastKnown } from "./last-known.ts";
export type { KeepableState, KeepingStore, KnownState, LastKnown, LastKnownOptions } from "./last-known.ts";
export type { KeyValueStorage } from "../page.ts";
