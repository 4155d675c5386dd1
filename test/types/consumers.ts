/** What the compiler makes of consumers: it is compiled, and never run. */
import { memory, openEventStore, type Event, type StoredEvent } from "rivulet";
import { defineConsumer, type ConsumerContext, type ConsumerDefinition, type ConsumerParts } from "rivulet/consumers";
import { tracedConsumer } from "rivulet/opentelemetry";
import { expectTypeOf } from "vitest";

type Counted = Event<"counted", { n: number }> | Event<"cleared", undefined>;

const store = await openEventStore(memory());

const typed = defineConsumer<Counted>({
  name: "typed",
  types: ["counted", "cleared"],
  async handler(event, { signal, append }) {
    // The runtime's own signal: others take it.
    await fetch("https://example.org", { signal });
    if (event.type === "counted") event.data.n.toFixed();
    // @ts-expect-error: another event has no such data.
    if (event.type === "cleared") event.data.n.toFixed();
    // @ts-expect-error: there is no such type.
    if (event.type === "other") return;
    await append([{ stream: "a", events: { type: "answered" } }], { causedBy: event });
  },
});
store.consume(typed);

defineConsumer({
  name: "untyped",
  batchHandler(events, { position, token, attempt }) {
    // @ts-expect-error: nothing is known of its data.
    const n: number = events[0]?.data.n;
    return n + position + token + attempt;
  },
});

// @ts-expect-error: it is a function.
defineConsumer({ name: "wrong", handler: "print" });
// @ts-expect-error: a decision is one of three.
defineConsumer({ name: "wrong", handler: () => undefined, onError: () => "later" });
// @ts-expect-error: a definition, not its parts.
store.consume({ name: "wrong", handler: () => undefined });

defineConsumer<Counted>({
  name: "misspelt",
  // @ts-expect-error: there is no such type.
  types: ["count"],
  handler: () => undefined,
});

type Untyped<Type extends string> = StoredEvent<Event<Type, unknown>>;

/** The types that are chosen are those of the handler's events, also where nobody has described the events. */
export function chosenTypes(wide: readonly string[]): void {
  defineConsumer({
    name: "one",
    types: ["counted"],
    handler: (event) => expectTypeOf(event).toEqualTypeOf<Untyped<"counted">>(),
  });
  defineConsumer({
    name: "two",
    types: ["counted", "cleared"],
    batchHandler: (events) => expectTypeOf(events).toEqualTypeOf<readonly Untyped<"counted" | "cleared">[]>(),
  });
  defineConsumer(
    tracedConsumer({
      name: "traced",
      types: ["counted"],
      handler: (event) => expectTypeOf(event).toEqualTypeOf<Untyped<"counted">>(),
    }),
  );
  const handler = (event: StoredEvent): string => event.type;
  defineConsumer({ name: "wide", types: wide, handler });
  defineConsumer({ name: "wide", types: wide, handler: (event) => expectTypeOf(event).toEqualTypeOf<StoredEvent>() });
  defineConsumer({ name: "mixed", types: [...wide, "counted"], handler });
  defineConsumer({ name: "all", handler: (event) => expectTypeOf(event).toEqualTypeOf<StoredEvent>() });
  defineConsumer({
    name: "own",
    types: ["cleared"],
    // @ts-expect-error: the handler is written for types that are not chosen.
    handler: (event: Untyped<"counted">) => event,
  });
  // @ts-expect-error: a handler of one type gets all events.
  defineConsumer({ name: "unchosen", handler: (event: Untyped<"counted">) => event });
}

/** The parts may come from elsewhere, of any application's events. */
export function passesOn<E extends Event>(parts: ConsumerParts<E>, counted: ConsumerParts<Counted>): void {
  expectTypeOf(defineConsumer(parts)).toEqualTypeOf<ConsumerDefinition>();
  defineConsumer(tracedConsumer(parts));
  defineConsumer(counted);
}

/** A handler that is written down elsewhere says itself which events it takes. The types are all of them, unless some are chosen. */
export function describedHandlers(some: Counted["type"][]): void {
  const handler = (event: StoredEvent<Counted>): string => event.type;
  const batchHandler = (events: readonly StoredEvent<Counted>[], { position }: ConsumerContext): number =>
    events.length + position;
  const parts = { name: "object", handler };

  defineConsumer({ name: "one", handler });
  defineConsumer({ name: "several", batchHandler });
  defineConsumer({ name: "inline", handler: ({ data }: StoredEvent<Counted>) => data });
  defineConsumer({ name: "all", types: ["counted", "cleared"], handler });
  defineConsumer({ name: "chosen", types: ["counted"], batchHandler });
  defineConsumer({ name: "list", types: some, handler });
  defineConsumer(parts);

  defineConsumer(tracedConsumer({ name: "one", handler }));
  defineConsumer(tracedConsumer({ name: "several", batchHandler }));
  defineConsumer(tracedConsumer({ name: "inline", handler: ({ data }: StoredEvent<Counted>) => data }));
  defineConsumer(tracedConsumer({ name: "all", types: ["counted", "cleared"], handler }));
  defineConsumer(tracedConsumer({ name: "chosen", types: ["counted"], handler }));
  defineConsumer(tracedConsumer({ name: "list", types: some, batchHandler }));
  defineConsumer(tracedConsumer(parts));

  // @ts-expect-error: the handler takes no such events.
  defineConsumer({ name: "other", types: ["other"], handler });
}

/** Traced parts are those of all events of an application, as the parts of any consumer may be. */
export function tracedParts<E extends Event>(parts: ConsumerParts<E>): readonly ConsumerParts<Counted>[] {
  expectTypeOf(tracedConsumer(parts)).toEqualTypeOf<ConsumerParts<E>>();
  const handler = (event: StoredEvent<Counted>): string => event.type;
  const all: ConsumerParts<Counted> = tracedConsumer({ name: "all", handler });
  const chosen: ConsumerParts<Counted> = tracedConsumer({ name: "chosen", types: ["counted"], handler });
  const narrowed: ConsumerParts<Counted> = tracedConsumer({
    name: "narrowed",
    types: ["counted"],
    handler: ({ data }) => expectTypeOf(data).toEqualTypeOf<{ n: number }>(),
  });
  return [all, chosen, narrowed];
}

/** Functions of an application that take a handler of any events. */
export const consumersOf = {
  one: <E extends Event>(name: string, handler: (event: StoredEvent<E>) => void): ConsumerDefinition =>
    defineConsumer({ name, handler }),
  several: <E extends Event>(name: string, batchHandler: (events: readonly StoredEvent<E>[]) => void) =>
    defineConsumer({ name, batchHandler }),
  traced: <E extends Event>(name: string, handler: (event: StoredEvent<E>) => void): ConsumerDefinition =>
    defineConsumer(tracedConsumer({ name, handler })),
};
