/** Testing applications built on rivulet, and adapters, with any test runner: `rivulet/testing`. */
export { conformanceCases, type ConformanceCase, type ConformanceHarness } from "./conformance.ts";
export { fixedClock, type FixedClock } from "./fixed-clock.ts";
export { checkOffline, type OfflineExample } from "./given-offline.ts";
export { createTestHub, type TestHub, type TestHubOptions } from "./test-hub.ts";
export type { TestNetwork } from "./test-network.ts";
export { checkDecider, type DeciderExample } from "./given-command.ts";
export { checkUpcasts, type StoredExample } from "./stored-examples.ts";
export { checkProjection, checkRebuild, type ProjectionExample } from "./given.ts";
export { sequentialIds } from "./sequential-ids.ts";
