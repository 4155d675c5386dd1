import type { Event, EventStore, Projection, StoredEvent } from "../../../index.ts";
import { monotonicNow } from "../../../platform.ts";
import { defineProjection } from "../../../projections/index.ts";
import { equal, fails, ok } from "../../assert.ts";
import { numbered, range, type Case } from "../../context.ts";
import { fixedClock } from "../../fixed-clock.ts";

type Counted = Event<"counted", { n: number }>;

interface Sum {
  readonly count: number;
  readonly sum: number;
}

const ZERO: Sum = { count: 0, sum: 0 };

const add = ({ count, sum }: Sum, { data }: StoredEvent<Counted>): Sum => ({ count: count + 1, sum: sum + data.n });

const total = defineProjection<Sum, Counted>({ name: "total", initial: () => ZERO, on: { counted: add } });

/** Sums up like {@link total}, and tells which events it was given. */
function watched(every: number, keep?: number): { seen: number[]; projection: typeof total } {
  const seen: number[] = [];
  const projection = defineProjection<Sum, Counted>({
    name: "watched",
    initial: () => ZERO,
    on: {
      counted(state, event) {
        seen.push(event.data.n);
        return add(state, event);
      },
    },
    snapshots: { every, keep },
  });
  return { seen, projection };
}

const sumUpTo = (n: number): Sum => ({ count: n, sum: (n * (n + 1)) / 2 });

/** Ten events recorded at 100, 200 and so on, each second one in another stream. */
async function filled(open: (options: object) => Promise<EventStore>): Promise<EventStore> {
  const clock = fixedClock();
  const store = await open({ clock });
  for (const n of range(1, 5)) {
    clock.advance(100);
    await store.stream("a").append(numbered(1, n));
    clock.advance(100);
    await store.stream("b").append({ type: n === 3 ? "other" : "counted", data: { n: 10 * n } });
  }
  return store;
}

export const projectionCases: readonly Case[] = [
  {
    name: "a stream is folded into a state, with the version that an append may expect",
    async run({ open }) {
      const store = await filled(open);
      const stream = store.stream("a");
      const loaded = await stream.load(total);
      equal(loaded, { state: sumUpTo(5), version: 5 }, "all of it");
      await stream.append(numbered(1, 6), { expectedVersion: loaded.version });
      equal(await stream.load(total, { upTo: 3 }), { state: sumUpTo(3), version: 3 }, "up to 3");
      equal(await stream.load(total, { upTo: 0 }), { state: ZERO, version: 0 }, "up to 0");
      equal(await stream.load(total, { asOf: 350 }), { state: sumUpTo(2), version: 2 }, "as of 350");
      equal(await stream.load(total, { asOf: new Date(0) }), { state: ZERO, version: 0 }, "before the first");
      equal(await stream.load(total, { asOf: 700, upTo: 3 }), { state: sumUpTo(3), version: 3 }, "both bounds");
      equal(await store.stream("none").load(total), { state: ZERO, version: 0 }, "no such stream");
    },
  },
  {
    name: "the whole store, or the events that a filter selects, is folded, with the position that was reached",
    async run({ open }) {
      const store = await filled(open);
      equal(await store.load(total), { state: { count: 9, sum: 135 }, position: 10 }, "everything");
      equal(await store.load(total, { streams: ["a"] }), { state: sumUpTo(5), position: 10 }, "one stream");
      equal(await store.load(total, { types: ["other"] }), { state: ZERO, position: 10 }, "no type in common");
      equal(await store.load(total, { upTo: 3 }), { state: { count: 3, sum: 13 }, position: 3 }, "up to 3");
      equal(await store.load(total, { asOf: 450 }), { state: { count: 4, sum: 33 }, position: 4 }, "as of 450");
      equal((await store.load(total, { upTo: 99 })).position, 10, "up to more than there is");
    },
  },
  {
    name: "a snapshot saves reading the events before it, and an older one those before a bound",
    async run({ open }) {
      const store = await open();
      const stream = store.stream("a");
      const { seen, projection } = watched(3);
      for (const first of [1, 4, 7]) {
        await stream.append(numbered(3, first));
        equal((await stream.load(projection)).state, sumUpTo(first + 2), `from ${first} on`);
      }
      equal(seen, range(1, 9), "each event was folded once");
      seen.length = 0;
      equal(await stream.load(projection, { upTo: 8 }), { state: sumUpTo(8), version: 8 }, "up to 8");
      equal(seen, [7, 8], "folded for 8");
      seen.length = 0;
      await stream.append(numbered(2, 10));
      equal((await stream.load(projection)).version, 11, "two more");
      equal((await stream.load(projection)).version, 11, "again");
      equal(seen, [10, 11, 10, 11], "too few for a snapshot");
    },
  },
  {
    name: "a load as of a time uses a snapshot, but never a newer one",
    async run({ open }) {
      const clock = fixedClock();
      const store = await open({ clock });
      const { seen, projection } = watched(1, 10);
      for (const n of range(1, 6)) {
        clock.advance(100);
        await store.stream("a").append(numbered(1, n));
        await store.stream("a").load(projection);
        await store.load(projection);
      }
      seen.length = 0;
      equal(await store.stream("a").load(projection, { asOf: 450 }), { state: sumUpTo(4), version: 4 }, "stream");
      equal(await store.load(projection, { asOf: 450 }), { state: sumUpTo(4), position: 4 }, "store");
      equal(await store.at(3).load(projection), { state: sumUpTo(3), position: 3 }, "at 3");
      equal(seen, [], "folded");
    },
  },
  {
    name: "snapshots of the whole store are kept for each filter on its own",
    async run({ open }) {
      const store = await filled(open);
      const { seen, projection } = watched(1);
      for (const filter of [{}, { streams: ["a"] }, { streamPrefix: "b" }]) {
        const first = await store.load(projection, filter);
        seen.length = 0;
        equal(await store.load(projection, filter), first, "again");
        equal(seen, [], "folded again");
        equal(first, await store.load(total, filter), "as without snapshots");
      }
    },
  },
  {
    name: "the newest snapshots are kept, and a projection of another schema ignores them",
    async run({ open }) {
      const store = await open();
      const stream = store.stream("a");
      const { projection } = watched(1, 2);
      for (const n of range(1, 5)) {
        await stream.append(numbered(1, n));
        await stream.load(projection);
      }
      equal((await stream.loadSnapshot("watched"))?.version, 5, "the newest");
      equal((await stream.loadSnapshot("watched", { upTo: 4 }))?.version, 4, "the one before");
      equal(await stream.loadSnapshot("watched", { upTo: 3 }), undefined, "a third");
      const negative = defineProjection<number, Counted>({
        name: "watched",
        schema: 2,
        initial: () => 0,
        on: { counted: (sum, { data }) => sum - data.n },
        snapshots: { every: 1 },
      });
      equal(await stream.load(negative), { state: -15, version: 5 }, "schema 2");
      equal(await stream.load(projection), { state: sumUpTo(5), version: 5 }, "schema 1");
    },
  },
  {
    name: "a snapshot is saved once folding has taken long, whatever the store's clock says",
    async run({ open }) {
      let now = 0;
      let pace = 1_000_000;
      const store = await open({ clock: () => (now += pace) });
      const stream = store.stream("a");
      await stream.append(numbered(2));
      const slow = (name: string, slowerThan: number, milliseconds: number): Projection<Sum, Counted> =>
        defineProjection<Sum, Counted>({
          name,
          initial: () => ZERO,
          on: {
            counted(state, event) {
              const until = monotonicNow() + milliseconds;
              while (monotonicNow() < until);
              return add(state, event);
            },
          },
          snapshots: { slowerThan },
        });

      await stream.load(slow("fast", 60_000, 0));
      equal(await stream.loadSnapshot("fast"), undefined, "the clock ran ahead");
      pace = 0;
      await stream.load(slow("slow", 5, 5));
      equal((await stream.loadSnapshot("slow"))?.version, 2, "the clock stood still");
    },
  },
  {
    name: "a handler that throws, or returns nothing, stops the fold at its event",
    async run({ open }) {
      const store = await open();
      await store.stream("a").append(numbered(4));
      const cause = new Error("three is too many");
      for (const on of [
        { counted: (_: number, { data }: StoredEvent<Counted>) => (data.n === 3 ? raise(cause) : data.n) },
        { counted: (_: number, { data }: StoredEvent<Counted>) => (data.n === 3 ? (undefined as never) : data.n) },
      ]) {
        const failing = defineProjection<number, Counted>({
          name: "bad",
          initial: () => 0,
          on,
          snapshots: { every: 1 },
        });
        for (const attempt of [() => store.stream("a").load(failing), () => store.load(failing)]) {
          const { details } = await fails(attempt(), "projection-failed", "load");
          equal([details.name, details.position], ["bad", 3], "name and position");
          equal(details.eventId, (await store.read({ after: 2, limit: 1 }).toArray())[0]?.id, "event id");
        }
        equal(await store.stream("a").load(failing, { upTo: 2 }), { state: 2, version: 2 }, "up to the event before");
        equal(await store.stream("a").loadSnapshot("bad"), undefined, "nothing was saved");
      }
    },
  },
  {
    name: "a projection's state that JSON cannot represent is refused when it is saved, with the path",
    async run({ open }) {
      const store = await open();
      await store.stream("a").append(numbered(1));
      const definition = { name: "set", initial: () => ({ seen: new Set<number>() }), on: {} };
      const on = { counted: () => ({ seen: new Set([1]) }) };
      const unsaved = defineProjection<{ seen: Set<number> }, Counted>({ ...definition, on });
      ok((await store.stream("a").load(unsaved)).state.seen.has(1), "without snapshots any state will do");
      const saved = defineProjection<{ seen: Set<number> }, Counted>({ ...definition, on, snapshots: { every: 1 } });
      const error = await fails(store.stream("a").load(saved), "invalid-argument", "with snapshots");
      equal(error.details.argument, "state.seen", "argument");
    },
  },
  {
    name: "invalid definitions and bounds are refused",
    async run({ open }) {
      const good = { name: "x", initial: () => 0, on: {} };
      for (const [wrong, argument] of [
        [{ name: "" }, "name"],
        [{ schema: 0 }, "schema"],
        [{ schema: 1.5 }, "schema"],
        [{ initial: 0 }, "initial"],
        [{ on: { counted: 1 } }, "on.counted"],
        [{ snapshots: {} }, "snapshots"],
        [{ snapshots: { every: 0 } }, "snapshots.every"],
        [{ snapshots: { every: 1, keep: 0 } }, "snapshots.keep"],
        [{ snapshots: { slowerThan: -1 } }, "snapshots.slowerThan"],
      ] as const) {
        const define = (): unknown => defineProjection({ ...good, ...wrong } as never);
        equal((await fails(define, "invalid-argument", argument)).details.argument, argument, "argument");
      }
      const store = await open();
      await fails(store.stream("a").load(total, { upTo: -1 }), "invalid-argument", "upTo");
      await fails(store.load(total, { asOf: new Date("never") }), "invalid-argument", "asOf");
      for (const misspelt of [{ upto: 1 }, { types: [], after: 1 }] as object[]) {
        await fails(store.load(total, misspelt), "invalid-argument", "an option that there is not");
        await fails(store.stream("a").load(total, misspelt), "invalid-argument", "an option that there is not");
        await fails(() => store.project(total, misspelt), "invalid-argument", "an option that there is not");
      }
    },
  },
];

function raise(error: Error): never {
  throw error;
}
