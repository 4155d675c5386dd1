/** What the compiler makes of consumers: it is compiled, and never run. */
import { memory, openEventStore, type Event } from "rivulet";
import { defineConsumer } from "rivulet/consumers";

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
