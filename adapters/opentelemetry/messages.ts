import { SpanKind, type Attributes, type Counter, type Histogram, type Link, type Meter } from "@opentelemetry/api";
import type { StoredEvent } from "../../src/index.ts";

/** The bounds that the conventions give for durations of messages, in seconds. */
const MESSAGE_SECONDS: number[] = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** What the spans and measurements of handled events have in common. */
export const PROCESSING: Attributes = { "messaging.system": "rivulet", "messaging.operation.name": "process" };

/** The measurements of handled events. */
export interface MessageInstruments {
  readonly seconds: Histogram;
  readonly consumed: Counter;
}

export function messageInstruments(meter: Meter): MessageInstruments {
  return {
    seconds: meter.createHistogram("messaging.process.duration", {
      unit: "s",
      description: "Duration of processing operation.",
      advice: { explicitBucketBoundaries: MESSAGE_SECONDS },
    }),
    consumed: meter.createCounter("messaging.client.consumed.messages", {
      unit: "{message}",
      description: "Number of messages that were delivered to the application.",
    }),
  };
}

/** The attributes of one event. */
export function attributesOf({ id, stream, type }: StoredEvent): Attributes {
  return { "messaging.message.id": id, "messaging.destination.name": stream, "rivulet.event.type": type };
}

/** The parts of a span of handled events. */
interface MessageSpan {
  readonly kind: SpanKind;
  readonly attributes: Attributes;
  readonly links: Link[];
}

/** The parts of a span that handles events, which begins a trace of its own, linked to those that have appended them. */
export function processing(attributes: Attributes, links: Link[]): MessageSpan {
  return {
    kind: SpanKind.CONSUMER,
    attributes: { ...PROCESSING, ...attributes, "messaging.operation.type": "process" },
    links,
  };
}
