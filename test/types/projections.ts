/** What the compiler must accept and refuse of projections. Compiled with the tests, never run. */
import type { Event, EventStore, LiveProjection } from "rivulet";
import { defineDecider } from "rivulet/deciders";
import { defineProjection } from "rivulet/projections";
import { defineReadModel, sql, table } from "rivulet/read-models";
import { expectTypeOf } from "vitest";

type Incremented = Event<"incremented", { by: number }>;
type CounterEvent = Incremented | Event<"reset", undefined>;
type NoteEvent = Event<"noted", string>;

const total = defineProjection<number, CounterEvent>({
  name: "total",
  initial: () => 0,
  on: {
    incremented(sum, event) {
      expectTypeOf(event.data).toEqualTypeOf<{ by: number }>();
      return sum + event.data.by;
    },
    reset: () => 0,
  },
});

/** Events of a type that is left out leave the state as it is. */
export const resets = defineProjection<number, CounterEvent>({
  name: "resets",
  initial: () => 0,
  on: { reset: (count) => count + 1, incremented: undefined },
});

export const wrong = [
  defineProjection<number, CounterEvent>({
    name: "misspelt",
    initial: () => 0,
    // @ts-expect-error A type that is not in the union.
    on: { incremented: (sum) => sum, reset: () => 0, decremnted: () => 0 },
  }),
  defineProjection<number, CounterEvent>({
    name: "state",
    initial: () => 0,
    // @ts-expect-error Not the state.
    on: { incremented: () => "1", reset: () => 0 },
  }),
  defineProjection<number, CounterEvent>({
    name: "data",
    initial: () => 0,
    // @ts-expect-error Not in the data of this event.
    on: { incremented: (sum, { data }) => sum + data.amount, reset: () => 0 },
  }),
];

/** Without a union of events, any type may be handled, and its data is unknown. */
export const open = defineProjection({
  name: "open",
  initial: () => 0,
  on: {
    anything(count, event) {
      expectTypeOf(event.data).toEqualTypeOf<unknown>();
      return count + 1;
    },
  },
});

export async function loads(store: EventStore): Promise<void> {
  const { state, version } = await store.stream<CounterEvent>("counter-1").load(total, { upTo: 3 });
  expectTypeOf(state).toEqualTypeOf<number>();
  expectTypeOf(version).toEqualTypeOf<number>();
  await store.stream("untyped").load(total);
  await store.stream<CounterEvent | NoteEvent>("both").load(total);
  // @ts-expect-error The stream has none of these events.
  await store.stream<NoteEvent>("notes").load(total);

  expectTypeOf(await store.load(total)).toEqualTypeOf<{ readonly state: number; readonly position: number }>();
  const live = store.project(total, { stream: "counter-1" });
  expectTypeOf(live).toEqualTypeOf<LiveProjection<number>>();
  for await (const now of live) expectTypeOf(now.state).toEqualTypeOf<number>();
  // @ts-expect-error What is shown is not to be written to.
  live.position = 3;
  // @ts-expect-error The past cannot be written to.
  await store.at(3).stream("a").append({ type: "noted" });
}

const rows = table("rows", "n INTEGER");

/** In every kind of handlers a type may be left out, and none may be misspelt. */
export const partial = [
  defineProjection<number, CounterEvent>({ name: "p", initial: () => 0, on: { reset: () => 0 } }),
  defineProjection<number, CounterEvent>({ name: "p", initial: () => 0, on: {} }),
  defineDecider<number, null, CounterEvent>({ initial: () => 0, evolve: { reset: () => 0 }, decide: () => undefined }),
  defineDecider<number, null, CounterEvent>({ initial: () => 0, evolve: {}, decide: () => undefined }),
  defineReadModel<CounterEvent>({
    name: "m",
    tables: [rows],
    on: { incremented: ({ data }) => sql`INSERT INTO ${rows} VALUES (${data.by})` },
  }),
  // @ts-expect-error A type that is not in the union.
  defineProjection<number, CounterEvent>({ name: "p", initial: () => 0, on: { rest: () => 0 } }),
  // @ts-expect-error A type that is not in the union.
  defineReadModel<CounterEvent>({ name: "m", tables: [rows], on: { rest: () => [] } }),
];
