/** What the compiler must accept and refuse of deciders and of defined events. Compiled with the tests, never run. */
import type { Event, EventStore, EventReader, EventStream, Executed, StoredEvent } from "rivulet";
import { memory, openEventStore } from "rivulet";
import { defineDecider } from "rivulet/deciders";
import { defineEvents, type EventsOf } from "rivulet/events";
import { checkDecider } from "rivulet/testing";
import { fork } from "rivulet/time-travel";
import { expectTypeOf } from "vitest";
import * as z from "zod";

type CounterEvent = Event<"incremented", { by: number }> | Event<"reset", undefined>;
type NoteEvent = Event<"noted", string>;

const counter = defineDecider<number, { add: number }, CounterEvent>({
  initial: () => 0,
  evolve: {
    incremented(sum, event) {
      expectTypeOf(event.data).toEqualTypeOf<{ by: number }>();
      return sum + event.data.by;
    },
    reset: () => 0,
  },
  decide(command, sum) {
    expectTypeOf(command).toEqualTypeOf<{ add: number }>();
    expectTypeOf(sum).toEqualTypeOf<number>();
    return { type: "incremented", data: { by: command.add } };
  },
});

export const right = [
  defineDecider<number, null, CounterEvent>({
    initial: () => 0,
    evolve(sum, event) {
      expectTypeOf(event).toEqualTypeOf<StoredEvent<CounterEvent>>();
      return event.type === "incremented" ? sum + event.data.by : 0;
    },
    decide: () => undefined,
  }),
  defineDecider<number, null, CounterEvent>({
    initial: () => 0,
    evolve: () => 0,
    decide: (_, sum) => (sum > 3 ? [{ type: "reset" }, { type: "incremented", data: { by: 1 } }] : []),
  }),
  // A type that is left out leaves the state as it is.
  defineDecider<number, null, CounterEvent>({ initial: () => 0, evolve: { reset: () => 0 }, decide: () => undefined }),
  // eslint-disable-next-line @typescript-eslint/no-empty-function
  defineDecider<number, null, CounterEvent>({ initial: () => 0, evolve: () => 0, decide: () => {} }),
];

export const wrong = [
  defineDecider<number, null, CounterEvent>({
    initial: () => 0,
    // @ts-expect-error A type that is not in the union.
    evolve: { reset: () => 0, rest: () => 0 },
    decide: () => undefined,
  }),
  defineDecider<number, null, CounterEvent>({
    initial: () => 0,
    evolve: () => 0,
    // @ts-expect-error Not one of its events.
    decide: () => ({ type: "noted", data: "x" }),
  }),
  defineDecider<number, null, CounterEvent>({
    initial: () => 0,
    evolve: () => 0,
    // @ts-expect-error Data of the wrong type.
    decide: () => [{ type: "incremented", data: { by: "1" } }],
  }),
  defineDecider<number, null, CounterEvent>({
    initial: () => 0,
    evolve: () => 0,
    // @ts-expect-error A decision is made at once.
    decide: async () => ({ type: "reset" }),
  }),
  // @ts-expect-error A decider decides.
  defineDecider<number, null, CounterEvent>({ initial: () => 0, evolve: () => 0 }),
];

export async function executes(store: EventStore, stream: EventStream<CounterEvent>): Promise<void> {
  const executed = await stream.execute(
    counter,
    { add: 1 },
    { retries: 3, idempotencyKey: "k", metadata: { user: "ada" } },
  );
  expectTypeOf(executed).toEqualTypeOf<Executed<number, CounterEvent>>();
  expectTypeOf(executed.position).toEqualTypeOf<number | undefined>();
  await store.stream("untyped").execute(counter, { add: 1 }, { causedBy: executed.events[0] });
  await store.stream<CounterEvent | NoteEvent>("both").execute(counter, { add: 1 });
  // @ts-expect-error Not its command.
  await stream.execute(counter, { subtract: 1 });
  // @ts-expect-error The stream has none of these events.
  await store.stream<NoteEvent>("notes").execute(counter, { add: 1 });
  // @ts-expect-error Not an option.
  await stream.execute(counter, { add: 1 }, { expectedVersion: 3 });
  // @ts-expect-error The past cannot be written to.
  await store.at(3).stream("a").execute(counter, { add: 1 });
  // @ts-expect-error What an append is caused by has an id.
  await stream.append({ type: "reset" }, { causedBy: { type: "noted" } });

  await checkDecider(counter, { given: [{ type: "reset" }], when: { add: 1 }, expected: [] });
  // @ts-expect-error Neither events nor a refusal.
  await checkDecider(counter, { when: { add: 1 } });
  // @ts-expect-error Not one of its events.
  await checkDecider(counter, { when: { add: 1 }, expected: [{ type: "noted", data: "x" }] });
}

const events = defineEvents({
  incremented: {
    version: 2,
    schema: z.object({ by: z.number() }),
    upcast: { 1: (data: { amount: number }) => ({ by: data.amount }) },
  },
  noted: { schema: z.string() },
  anything: {},
});

type Known = Event<"incremented", { by: number }> | Event<"noted", string> | Event<"anything", unknown>;

export async function knows(): Promise<void> {
  expectTypeOf<EventsOf<typeof events>>().toEqualTypeOf<Known>();
  const store = await openEventStore(memory(), { events, unknownEvents: "pass" });
  expectTypeOf(store).toExtend<EventStore<Known>>();
  // It is a store all the same, also to a function that knows no definitions.
  const plain: EventStore = store;
  void plain.stream("a").append({ type: "whatever" });

  expectTypeOf(store.stream("a")).toEqualTypeOf<EventStream<Known>>();
  for await (const event of store.read()) {
    expectTypeOf(event).toEqualTypeOf<StoredEvent<Known>>();
    if (event.type === "incremented") expectTypeOf(event.data).toEqualTypeOf<{ by: number }>();
  }
  for await (const event of store.at(3).read()) expectTypeOf(event).toEqualTypeOf<StoredEvent<Known>>();
  for await (const event of store.watch()) expectTypeOf(event).toEqualTypeOf<StoredEvent<Known>>();
  expectTypeOf((await fork(store, { events })).stream("a")).toEqualTypeOf<EventStream<Known>>();
  // Whoever says so reads some of them only.
  expectTypeOf(store.stream<CounterEvent>("a")).toEqualTypeOf<EventStream<CounterEvent>>();
  await store.append([{ stream: "a", events: { type: "noted", data: "x" } }]);
  store.read({ types: ["incremented", "noted"] });
  store.watch({ types: ["noted"] });
  store.at(3).read({ types: ["noted"] });
  // Types that the code no longer defines can be read too, untyped.
  expectTypeOf(store.read<Event>({ types: ["retired"] })).toEqualTypeOf<EventReader>();
  // @ts-expect-error A filter by a type that is not defined.
  store.read({ types: ["reset"] });
  // @ts-expect-error A filter by a type that is not defined.
  store.watch({ types: ["noted", "reset"] });
  // @ts-expect-error A filter by a type that is not defined.
  store.at(3).read({ types: ["reset"] });
  // @ts-expect-error A type that is not defined.
  await store.stream("a").append({ type: "reset" });
  // @ts-expect-error Data of the wrong type.
  await store.append([{ stream: "a", events: { type: "noted", data: 1 } }]);
  // @ts-expect-error Definitions come from defineEvents.
  await openEventStore(memory(), { events: { incremented: {} } });
  // @ts-expect-error Not one of the words.
  await openEventStore(memory(), { events, unknownEvents: "skip" });
}

/** For a union that is given, each type has a definition. */
const given = defineEvents<CounterEvent>({
  incremented: { version: 2, upcast: { 1: (data: number) => ({ by: data }) } },
  reset: {},
});
expectTypeOf<EventsOf<typeof given>>().toEqualTypeOf<CounterEvent>();

export const refused = [
  // @ts-expect-error A type of the union is not defined.
  defineEvents<CounterEvent>({ incremented: {} }),
  // @ts-expect-error A type that is not in the union.
  defineEvents<CounterEvent>({ incremented: {}, reset: {}, noted: {} }),
  // @ts-expect-error A schema of other data.
  defineEvents<CounterEvent>({ incremented: { schema: z.string() }, reset: {} }),
  // @ts-expect-error Not an option.
  defineEvents({ incremented: { verison: 2 } }),
];
