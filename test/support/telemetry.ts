/** Spans and measurements in memory, for tests of `rivulet/opentelemetry`. */
import { context, type Meter, type Tracer } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
} from "@opentelemetry/sdk-trace-base";
import { openEventStore, type Event, type EventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { traced } from "rivulet/opentelemetry";
import { defineProjection } from "rivulet/projections";
import { defineReadModel, sql, table } from "rivulet/read-models";
import { afterAll, afterEach, beforeAll, beforeEach, onTestFinished } from "vitest";

export type Counted = Event<"counted", { by: number }>;

/** Sums up what was counted. */
export const total = defineProjection<number, Counted>({
  name: "total",
  initial: () => 0,
  on: { counted: (sum, { data }) => sum + data.by },
});
export const sums = table("sums", { stream: "TEXT PRIMARY KEY", total: "INTEGER NOT NULL" });
/** The sums of streams in a table. */
export const summing = defineReadModel<Counted>({
  name: "summing",
  tables: [sums],
  on: {
    counted: ({ stream, data }) =>
      sql`INSERT INTO ${sums} VALUES (${stream}, ${data.by}) ON CONFLICT DO UPDATE SET total = ${sums}.total + ${data.by}`,
  },
});

let exporter: InMemorySpanExporter;
let tracer: Tracer;
let meter: Meter;
let reader: PeriodicExportingMetricReader;
let measurements: InMemoryMetricExporter;

/** Makes new exporters for each test of a file. */
export function collectTelemetry(): void {
  beforeAll(() => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  });
  afterAll(() => context.disable());
  beforeEach(() => {
    exporter = new InMemorySpanExporter();
    tracer = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).getTracer("test");
    measurements = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    // It collects when the test asks for it.
    reader = new PeriodicExportingMetricReader({ exporter: measurements, exportIntervalMillis: 2 ** 31 - 1 });
    meter = new MeterProvider({ readers: [reader] }).getMeter("test");
  });
  afterEach(() => reader.shutdown());
}

/** What spans and measurements of handled events have in common. */
export const PROCESSED = { "messaging.system": "rivulet", "messaging.operation.name": "process" };

/** Options for what is traced. */
export const telemetry = (): { readonly tracer: Tracer; readonly meter: Meter } => ({ tracer, meter });
/** The spans that have ended. */
export const spans = (): ReadableSpan[] => exporter.getFinishedSpans();
export const clearSpans = (): void => exporter.reset();
/** The first of a name. */
export const spanOf = (name: string): ReadableSpan => {
  const found = spans().find((span) => span.name === name);
  if (found === undefined)
    throw new Error(
      `no span "${name}", only ${spans()
        .map((span) => span.name)
        .join(", ")}`,
    );
  return found;
};
/** How metadata names a span. */
export const parentOf = (span: ReadableSpan): string => {
  const { traceId, spanId } = span.spanContext();
  return `00-${traceId}-${spanId}-01`;
};

/** A traced store, until the test ends. */
export async function openTraced(path?: string, worker = false): Promise<EventStore> {
  const opened = await openEventStore(betterSqlite3(path === undefined ? {} : { path, worker }));
  const store = traced(opened, telemetry());
  onTestFinished(() => store.close());
  return store;
}

/** The newest values of an instrument, by the text of their attributes. */
export async function measured(name: string): Promise<readonly (readonly [attributes: object, value: unknown])[]> {
  await reader.forceFlush();
  const found = measurements
    .getMetrics()
    .at(-1)
    ?.scopeMetrics.flatMap(({ metrics }) => metrics)
    .find(({ descriptor }) => descriptor.name === name);
  return (found?.dataPoints ?? []).map(({ attributes, value }) => [attributes, value] as const);
}
