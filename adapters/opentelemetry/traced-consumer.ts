import type { Attributes } from "@opentelemetry/api";
import type { ChosenTypes, ConsumerContext, ConsumerParts } from "../../src/consumers/index.ts";
import { invalidArgument } from "../../src/adapter.ts";
import type { Event, EventsOfType, StoredEvent } from "../../src/index.ts";
import { attributesOf, messageInstruments, processing, PROCESSING } from "./messages.ts";
import { isObject, telemetryOf, type TelemetryOptions } from "./telemetry.ts";
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
export function tracedConsumer<E extends Event = Event, const Type extends E["type"] = E["type"]>(
  parts: ConsumerParts<E, Type> & ChosenTypes<E, Type>,
  options: TelemetryOptions = {},
): ConsumerParts<E> {
  if (!isObject(parts)) throw invalidArgument("parts", "parts must be an object: { name, handler }");
  const { inSpan, meter } = telemetryOf(options);
  const { name, handler, batchHandler } = parts;
  const group = { ...PROCESSING, "messaging.consumer.group.name": name };
  const { seconds, consumed } = messageInstruments(meter);

  /** Handles events in a span. `details` are those of one event or of a batch. */
  const process = (
    events: readonly StoredEvent<EventsOfType<E, Type>>[],
    details: Attributes,
    given: ConsumerContext,
    handle: (own: ConsumerContext) => unknown,
  ): Promise<unknown> => {
    const attributes = { ...group, ...details, "rivulet.attempt": given.attempt };
    consumed.add(events.length, group);
    return inSpan(
      `process ${name}`,
      {
        ...processing(attributes, linksTo(events)),
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

  const traced: ConsumerParts<E, Type> = {
    ...parts,
    ...(handler !== undefined && {
      handler: (event: StoredEvent<EventsOfType<E, Type>>, given: ConsumerContext) =>
        process([event], attributesOf(event), given, (own) => handler(event, own)),
    }),
    ...(batchHandler !== undefined && {
      batchHandler: (events: readonly StoredEvent<EventsOfType<E, Type>>[], given: ConsumerContext) =>
        process(events, { "messaging.batch.message_count": events.length }, given, (own) => batchHandler(events, own)),
    }),
  };
  // The handler gets only the types that its parts choose, so they are parts for all of these events.
  return traced;
}
