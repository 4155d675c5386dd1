/** What the compiler makes of consumers: it is compiled, and never run. */
import { memory, openEventStore, type Event, type StoredEvent } from "rivulet";
import { defineConsumer, type ConsumerDefinition, type ConsumerParts } from "rivulet/consumers";
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
