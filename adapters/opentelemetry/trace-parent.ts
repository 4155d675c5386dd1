import { isSpanContextValid, TraceFlags, type Link, type Span, type SpanContext } from "@opentelemetry/api";
import type { Event, Metadata, NewEvent } from "../../src/index.ts";
import { isObject } from "./telemetry.ts";

/** https://www.w3.org/TR/trace-context/#traceparent-header */
const TRACE_PARENT = /^[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})/;

/** The key in an event's metadata, and the name of the header. */
export const KEY = "traceparent";

/** A span as W3C's Trace Context writes it; undefined if nothing is traced. */
export function traceParentOf(span: Span): string | undefined {
  const { traceId, spanId, traceFlags } = span.spanContext();
  if (!isSpanContextValid(span.spanContext())) return undefined;
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`;
}

/** The span that a text names; undefined if it names none. */
export function parseTraceParent(text: unknown): SpanContext | undefined {
  const [, traceId, spanId, flags] = (typeof text === "string" && TRACE_PARENT.exec(text)) || [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  const found = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & TraceFlags.SAMPLED, isRemote: true };
  return isSpanContextValid(found) ? found : undefined;
}

/** Links to the spans that stored events, each once. */
export function linksTo(events: readonly { readonly metadata: Metadata }[]): Link[] {
  const texts = new Set(events.map(({ metadata }) => metadata[KEY]));
  return [...texts].flatMap((text) => {
    const found = parseTraceParent(text);
    return found === undefined ? [] : [{ context: found }];
  });
}

/** Metadata with the span below it. */
export function withTrace(metadata: Metadata | undefined, span: Span): Metadata | undefined {
  const text = traceParentOf(span);
  if (text === undefined || (metadata !== undefined && !isObject(metadata))) return metadata;
  return { [KEY]: text, ...metadata };
}

/** New events, one or several, with the span in the metadata of each. */
export function eventsWithTrace<E extends Event>(
  events: NewEvent<E> | readonly NewEvent<E>[],
  span: Span,
): NewEvent<E> | readonly NewEvent<E>[] {
  const add = (event: NewEvent<E>): NewEvent<E> =>
    isObject(event) ? { ...event, metadata: withTrace(event.metadata, span) } : event;
  return Array.isArray(events) ? events.map(add) : add(events as NewEvent<E>);
}

/** How many events are given. */
export function countOf(events: unknown): number {
  return Array.isArray(events) ? events.length : 1;
}
