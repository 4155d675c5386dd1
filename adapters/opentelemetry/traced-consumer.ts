import { SpanKind } from "@opentelemetry/api";
import type { ConsumerContext, ConsumerParts } from "../../src/consumers/index.ts";
import { invalidArgument } from "../../src/adapter.ts";
import type { Event, StoredEvent } from "../../src/index.ts";
import { isObject, MESSAGE_SECONDS, telemetryOf, type TelemetryOptions } from "./telemetry.ts";
import { eventsWithTrace, linksTo } from "./trace-parent.ts";

/**
 * Returns the parts of a consumer, for `defineConsumer`, whose handler runs in a span that is linked to those that have appended its
 * events. What it appends with its context carries its own span.
 *
 * @throws `invalid-argument` for wrong arguments.
 * @example
 * ```ts
 * const parts = tracedConsumer<AccountEvent>({ name: "mails", handler: ({ type }) => console.log(type) }); // → deposited
 * const mails = store.consume(defineConsumer(parts));
 * await account.append({ type: "deposited", data: { amount: 100 } });
 * await mails.caughtUp();
 * ```
 */
export function tracedConsumer<E extends Event>(
  parts: ConsumerParts<E>,
  options: TelemetryOptions = {},
): ConsumerParts<E> {
  if (!isObject(parts)) throw invalidArgument("parts", "parts must be an object: { name, handler }");
  const { inSpan, meter } = telemetryOf(options);
  const { name, handler, batchHandler } = parts;
  const common = { "messaging.system": "rivulet", "messaging.operation.name": "process" };
  const group = { ...common, "messaging.consumer.group.name": name };
  const seconds = meter.createHistogram("messaging.process.duration", {
    unit: "s",
    description: "Duration of processing operation.",
    advice: { explicitBucketBoundaries: MESSAGE_SECONDS },
  });
  const consumed = meter.createCounter("messaging.client.consumed.messages", {
    unit: "{message}",
    description: "Number of messages that were delivered to the application.",
  });

  /** Handles events in a span. `details` are those of one event or of a batch. */
  const process = (
    events: readonly StoredEvent<E>[],
    details: Readonly<Record<string, string | number>>,
    given: ConsumerContext,
    handle: (own: ConsumerContext) => unknown,
  ): Promise<unknown> => {
    const attributes = {
      ...group,
      ...details,
      "messaging.operation.type": "process",
      "rivulet.attempt": given.attempt,
    };
    consumed.add(events.length, group);
    return inSpan(
      `process ${name}`,
      {
        kind: SpanKind.CONSUMER,
        attributes,
        links: linksTo(events),
        root: true,
        measured: (took, failure) => seconds.record(took, { ...group, ...failure }),
      },
      async (span) =>
        handle(
          Object.create(given, {
            append: {
              value: (entries: Parameters<ConsumerContext["append"]>[0], further: never) =>
                given.append(
                  entries.map((entry) => ({ ...entry, events: eventsWithTrace(entry.events, span) })),
                  further,
                ),
            },
          }) as ConsumerContext,
        ),
    );
  };

  return {
    ...parts,
    ...(handler !== undefined && {
      handler: (event: StoredEvent<E>, given: ConsumerContext) => {
        const { id, stream, type } = event;
        const details = {
          "messaging.message.id": id,
          "messaging.destination.name": stream,
          "rivulet.event.type": type,
        };
        return process([event], details, given, (own) => handler(event, own));
      },
    }),
    ...(batchHandler !== undefined && {
      batchHandler: (events: readonly StoredEvent<E>[], given: ConsumerContext) =>
        process(events, { "messaging.batch.message_count": events.length }, given, (own) => batchHandler(events, own)),
    }),
  };
}
