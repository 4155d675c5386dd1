/** Folding events into state: the door for `defineProjection`. */
export { defineProjection } from "./define-projection.ts";
export type { ProjectionDefinition, ProjectionHandlers, SnapshotPolicy } from "./define-projection.ts";
