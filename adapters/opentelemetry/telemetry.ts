import {
  context,
  metrics,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Link,
  type Meter,
  type Span,
  type Tracer,
} from "@opentelemetry/api";
import { checkOptions, checkVerb } from "../../src/adapter.ts";

/** Where spans and measurements go. */
export interface TelemetryOptions {
  /** The tracer of the spans; default: that of the registered provider. */
  readonly tracer?: Tracer | undefined;
  /** The meter of the counters, histograms and gauges; default: that of the registered provider. */
  readonly meter?: Meter | undefined;
}

/** What a span is and where it belongs. */
interface SpanParts {
  readonly kind?: SpanKind;
  readonly attributes?: Attributes;
  readonly links?: Link[];
  /** Begins a trace of its own, whatever runs around it. */
  readonly root?: boolean;
  /** What it belongs to; default: what is active. */
  readonly around?: Context;
  /** Called with the seconds that it took, and the attribute `error.type` if it failed. */
  readonly measured?: (seconds: number, failure: Attributes) => void;
}

/** Makes spans around calls. */
export interface Telemetry {
  readonly tracer: Tracer;
  readonly meter: Meter;
  /** Calls at once, so that calls keep their order, within a span that ends with the promise. */
  inSpan<T>(name: string, parts: SpanParts, work: (span: Span) => Promise<T>): Promise<T>;
}

interface Clock {
  readonly performance: { now(): number };
}

// Taken when the module is loaded: an application's tests may replace it.
const { performance } = globalThis as unknown as Clock;

const NAME = "rivulet";

/** Returns the time in seconds, on a monotonic clock. */
export function now(): number {
  return performance.now() / 1000;
}

/** @throws `invalid-argument`. */
export function telemetryOf(options: TelemetryOptions = {}): Telemetry {
  checkOptions(options, ["tracer", "meter"]);
  const { tracer, meter } = options;
  if (tracer !== undefined) checkVerb(tracer, "startSpan", "tracer", "a Tracer of OpenTelemetry");
  if (meter !== undefined) checkVerb(meter, "createCounter", "meter", "a Meter of OpenTelemetry");
  const own = { tracer: tracer ?? trace.getTracer(NAME), meter: meter ?? metrics.getMeter(NAME) };
  return {
    ...own,
    async inSpan(
      name,
      { kind = SpanKind.CLIENT, attributes = {}, links = [], root = false, around: given, measured },
      work,
    ) {
      const around = root ? ROOT_CONTEXT : (given ?? context.active());
      const span = own.tracer.startSpan(name, { kind, attributes, links }, around);
      const before = now();
      const failure: Attributes = {};
      try {
        return await context.with(trace.setSpan(around, span), () => work(span));
      } catch (error) {
        failure["error.type"] = fail(span, error);
        throw error;
      } finally {
        measured?.(now() - before, failure);
        span.end();
      }
    },
  };
}

/** Whether a value may be read as options, an event or metadata. The store refuses anything else, with its own message. */
export function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Marks a span as failed, and returns the code of the error. */
function fail(span: Span, error: unknown): string {
  const { code, name } = Object(error) as { readonly code?: string; readonly name?: string };
  const type = code ?? name ?? "_OTHER";
  span.setAttribute("error.type", type);
  span.recordException(error instanceof Error ? error : String(error));
  span.setStatus({ code: SpanStatusCode.ERROR, message: String(Object(error).message ?? error) });
  return type;
}

/** The bounds that the conventions give for durations of database calls, in seconds. */
export const DATABASE_SECONDS: number[] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];
