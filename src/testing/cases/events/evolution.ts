import { defineDecider } from "../../../deciders/index.ts";
import { defineEvents } from "../../../events/index.ts";
import type { EventStore, OpenOptions, StoredEvent } from "../../../index.ts";
import { defineProjection } from "../../../projections/index.ts";
import { defineReadModel, sql, table } from "../../../read-models/index.ts";
import { equal, fails, ok } from "../../assert.ts";
import { take, type Case, type Context } from "../../context.ts";

/** How the same event was written over the years: `{ amount }`, then `{ by }`, then `{ by, unit }`. */
const first = defineEvents({ incremented: {}, noted: {} });
const second = defineEvents({ incremented: { version: 2, upcast: {} }, noted: {} });
const third = defineEvents({
  incremented: {
    version: 3,
    upcast: {
      1: ({ amount }: { amount: number }) => ({ by: amount }),
      2: (data: { by: number }, { stream }) => ({ ...data, unit: stream }),
    },
  },
  noted: {},
});

type Incremented = { readonly by: number; readonly unit: string };

const total = defineProjection<number>({
  name: "total",
  initial: () => 0,
  on: { incremented: (sum, { data }) => sum + (data as Incremented).by },
});

const UPCAST = [
  { by: 1, unit: "a" },
  { by: 2, unit: "a" },
  { by: 3, unit: "b" },
];

/** A store with one event of each version, opened with options of today. */
async function aged({ open, reopen }: Context, options: OpenOptions): Promise<EventStore> {
  const one = await open({ events: first });
  await one.stream("a").append({ type: "incremented", id: "1", data: { amount: 1 } });
  await one.close();
  const two = await reopen(one, { events: second });
  await two.stream("a").append({ type: "incremented", id: "2", data: { by: 2 } });
  await two.close();
  const three = await reopen(two, { events: third });
  await three.stream("b").append({ type: "incremented", id: "3", data: UPCAST[2] });
  await three.close();
  return reopen(three, options);
}

const dataOf = (events: readonly StoredEvent[]): unknown[] => events.map(({ data }) => data);

export const evolutionCases: readonly Case[] = [
  {
    name: "events of older versions are upcast, wherever events are returned",
    needs: "reopen",
    async run(context) {
      const store = await aged(context, { events: third });
      const all = await store.read().toArray();
      equal(dataOf(all), UPCAST, "read");
      equal(
        all.map(({ schemaVersion }) => schemaVersion),
        [3, 3, 3],
        "versions",
      );
      equal(
        await store.read({ direction: "backward" }).toArray(),
        [...all].sort((a, b) => b.position - a.position),
        "backward",
      );
      equal(await store.read({ types: ["incremented"] }).toArray(), all, "filtered");
      equal(await store.stream("a").read().toArray(), all.slice(0, 2), "a stream");
      equal(await store.at(1).read().toArray(), all.slice(0, 1), "the past");
      equal(await take(store.watch(), 3), all, "watched");
      equal((await store.stream("a").load(total)).state, 3, "loaded");
      equal((await store.load(total)).state, 6, "folded");
      const live = store.project(total);
      equal((await live.caughtUp()).state, 6, "projected");
      const again = await store.stream("a").append({ type: "incremented", id: "1", data: UPCAST[0] });
      equal([again.deduplicated, again.events], [1, all.slice(0, 1)], "known, and in today's shape");
      const late = store.stream("a").append({ type: "noted" }, { expectedVersion: 0 });
      const { details } = await fails(late, "version-conflict", "late");
      equal(details.events, all.slice(0, 2), "unseen");
    },
  },
  {
    name: "events that older code appends are upcast in watches and live projections",
    needs: "alongside",
    async run({ open, alongside }) {
      const old = await open({ events: first });
      const store = await alongside(old, { events: third });
      const watcher = store.watch();
      const live = store.project(total);
      const watched = take(watcher, 2);
      await live.caughtUp();
      await old.stream("a").append({ type: "incremented", data: { amount: 1 } });
      const { position } = await old.stream("b").append({ type: "incremented", data: { amount: 2 } });
      equal((await live.caughtUp(position)).state, 3, "projected");
      equal(
        dataOf(await watched),
        [
          { by: 1, unit: "a" },
          { by: 2, unit: "b" },
        ],
        "watched",
      );
    },
  },
  {
    name: "a decider gets upcast events, also those that a conflict carries",
    needs: "alongside",
    async run({ open, alongside }) {
      const old = await open({ events: first });
      await old.stream("a").append({ type: "incremented", data: { amount: 4 } });
      const store = await alongside(old, { events: third });
      let times = 0;
      const decider = defineDecider<number, null>({
        initial: () => 0,
        evolve: { incremented: (sum, { data }) => sum + (data as Incremented).by },
        decide(_, sum) {
          // Somebody is faster the first time.
          if ((times += 1) === 1) void store.stream("a").append({ type: "incremented", data: { by: 3, unit: "x" } });
          return { type: "noted", data: sum };
        },
      });
      const { events } = await store.stream("a").execute(decider, null);
      equal([dataOf(events), times], [[7], 2], "decided on");
    },
  },
  {
    name: "the handlers of a read model get upcast events",
    needs: ["alongside", "sql"],
    async run({ open, alongside }) {
      const old = await open({ events: first });
      await old.stream("a").append({ type: "incremented", data: { amount: 4 } });
      const store = await alongside(old, { events: third });
      const units = table("units", "unit TEXT, by INTEGER");
      const definition = defineReadModel({
        name: "units",
        tables: [units],
        on: {
          incremented: ({ data }) =>
            sql`INSERT INTO ${units} VALUES (${(data as Incremented).unit}, ${(data as Incremented).by})`,
        },
      });
      const model = await store.readModel(definition);
      const { position } = await old.stream("b").append({ type: "incremented", data: { amount: 5 } });
      await model.caughtUp(position);
      equal(
        await model.query(sql`SELECT * FROM ${units} ORDER BY by`),
        [
          { unit: "a", by: 4 },
          { unit: "b", by: 5 },
        ],
        "rows",
      );
    },
  },
  {
    name: "an event newer than the code is an error with its position, after all events before it, or is returned as it is",
    needs: "reopen",
    async run(context) {
      const strict = await aged(context, { events: second });
      const read = strict.read({ after: 1 });
      equal((await take(read, 1))[0]?.data, { by: 2 }, "before it");
      const error = await fails(() => read.next(), "unknown-event", "newer");
      equal(error.details, { type: "incremented", schemaVersion: 3, position: 3 }, "details");
      await fails(strict.load(total), "unknown-event", "a step that is missing");
      await strict.close();
      const open = await context.reopen(strict, { events: second, unknownEvents: "pass" });
      equal(dataOf(await open.read().toArray()), [{ amount: 1 }, { by: 2 }, UPCAST[2]], "as stored");
      equal(
        (await take(open.watch(), 3)).map(({ schemaVersion }) => schemaVersion),
        [1, 2, 3],
        "versions",
      );
    },
  },
  {
    name: "an unknown event fails only the reads that select it, in history and live",
    needs: "alongside",
    async run({ open, alongside }) {
      const old = await open();
      await old.stream("a").append([{ type: "odd", metadata: { in: { via: "web" } } }, { type: "noted" }]);
      const store = await alongside(old, { events: third });
      equal(await store.read({ metadata: { via: "web" } }).toArray(), [], "filtered away, though it looks alike");
      const noted = store.watch({ types: ["noted"] });
      const all = store.watch({ after: 1 });
      const live = store.project(total);
      await live.caughtUp();
      equal((await take(noted, 1))[0]?.position, 2, "history");
      equal((await take(all, 1))[0]?.position, 2, "history of all");
      const [next, failing] = [take(noted, 1), fails(take(all, 1), "unknown-event", "all")];
      await old.stream("b").append([{ type: "odd" }, { type: "noted" }]);
      const { position } = await old.stream("b").append({ type: "incremented", data: { by: 1, amount: 2 } });
      equal((await next)[0]?.position, 4, "live");
      equal((await failing).details, { type: "odd", schemaVersion: 1, position: 3 }, "details");
      equal((await live.caughtUp(position)).state, 2, "projected");
      await fails(store.read().toArray(), "unknown-event", "read");
      equal((await store.stream("b").read({ after: 1 }).toArray()).length, 2, "after it");
    },
  },
  {
    name: "an upcaster that throws, returns nothing, or returns no JSON is named with the event's position",
    needs: "alongside",
    async run({ open, alongside }) {
      const old = await open();
      await old.stream("a").append([{ type: "fine" }, { type: "bad", id: "x", data: 1 }]);
      for (const [step, why] of [
        [() => JSON.parse("{"), "threw: SyntaxError"],
        [() => undefined, "data: JSON has no undefined"],
        [() => ({ at: new Date(0) }), "data.at: JSON has no Date"],
        [() => Promise.resolve(1), "the step returned a promise"],
        [() => Number.NaN, "NaN is not a JSON number"],
      ] as const) {
        const events = defineEvents({ fine: {}, bad: { version: 3, upcast: { 1: (data) => data, 2: step } } });
        const store = await alongside(old, { events, unknownEvents: "pass" });
        const error = await fails(store.read().toArray(), "upcast-failed", why);
        equal(error.details, { type: "bad", schemaVersion: 2, position: 2, eventId: "x" }, "details");
        ok(error.message.includes(why), `"${error.message}" says: ${why}`);
        equal((await take(store.watch(), 1))[0]?.type, "fine", "before it");
        await store.close();
      }
    },
  },
];
