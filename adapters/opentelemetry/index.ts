/** Traces and metrics through OpenTelemetry: `rivulet/opentelemetry`. */
export { traced } from "./traced.ts";
export { tracedAdapter } from "./traced-adapter.ts";
export { tracedConsumer } from "./traced-consumer.ts";
export { tracedFetch, tracedHub } from "./traced-sync.ts";
export type { TelemetryOptions } from "./telemetry.ts";
