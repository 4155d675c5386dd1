/** Folding events into state: the door for `defineProjection`. */
export { defineProjection } from "./define-projection.ts";
export type { ProjectionDefinition } from "./define-projection.ts";
export type { ProjectionHandlers, SnapshotPolicy } from "./fold.ts";
