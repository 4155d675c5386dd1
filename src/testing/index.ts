/** For testing what is built on rivulet, and for testing adapters of rivulet. Needs no test runner. */
export { conformanceCases, type ConformanceCase, type ConformanceHarness } from "./conformance.ts";
export { fixedClock, type FixedClock } from "./fixed-clock.ts";
export { checkDecider, type DeciderExample } from "./given-command.ts";
export { checkUpcasts, type StoredExample } from "./stored-examples.ts";
export { checkProjection, checkRebuild, type ProjectionExample } from "./given.ts";
export { sequentialIds } from "./sequential-ids.ts";
