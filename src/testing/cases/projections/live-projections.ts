import type { Event, LiveProjection } from "../../../index.ts";
import { defineProjection } from "../../../projections/index.ts";
import { handSignal } from "../../abort.ts";
import { equal, failureOf, fails, ok } from "../../assert.ts";
import { numbered, type Case } from "../../context.ts";

type Counted = Event<"counted", { n: number }>;

const sum = defineProjection<number, Counted>({
  name: "sum",
  initial: () => 0,
  on: { counted: (state, { data }) => state + data.n },
  snapshots: { every: 2 },
});

const list = defineProjection<readonly number[], Counted>({
  name: "list",
  initial: () => [],
  on: { counted: (state, { data }) => [...state, data.n] },
});

const count = defineProjection<{ readonly events: number }, Counted>({
  name: "count",
  initial: () => ({ events: 0 }),
  on: { counted: ({ events }) => ({ events: events + 1 }) },
});

/** More than a page of anything that reads pages. */
const MANY = 2_500;

/** Every state that it shows, as a listener hears of it. */
function record<State>(live: LiveProjection<State>): State[] {
  const states: State[] = [];
  live.subscribe(({ state }) => states.push(state));
  return states;
}

export const liveProjectionCases: readonly Case[] = [
  {
    name: "a live projection folds history, then new events, and calls its listeners with each state",
    async run({ open }) {
      const store = await open();
      await store.stream("a").append(numbered(3));
      const live = store.project(list);
      equal([live.state, live.position], [[], 0], "before anything was read");
      const states = record(live);
      equal(await live.caughtUp(), { state: [1, 2, 3], position: 3 }, "caught up");
      const { position } = await store.stream("b").append(numbered(2, 4));
      equal((await live.caughtUp(position)).state, [1, 2, 3, 4, 5], "caught up with an append");
      equal([live.state, live.position], [[1, 2, 3, 4, 5], 5], "state and position");
      equal(
        states,
        [
          [1, 2, 3],
          [1, 2, 3, 4, 5],
        ],
        "what was told",
      );
      await live[Symbol.asyncDispose]?.();
    },
  },
  {
    name: "a live projection never shows a part of an append, however long it is",
    async run({ open }) {
      const store = await open();
      await store.append([
        { stream: "a", events: numbered(MANY) },
        { stream: "b", events: numbered(MANY) },
      ]);
      const whole = store.project(count);
      const one = store.project(count, { stream: "a" });
      const filtered = store.project(count, { streamPrefix: "b" });
      const shown = [whole, one, filtered].map(record);
      for (const live of [whole, one, filtered]) await live.caughtUp();
      let last = 0;
      for (let append = 0; append < 3; append++) {
        const results = await store.append([
          { stream: "a", events: numbered(MANY) },
          { stream: "b", events: numbered(MANY) },
        ]);
        last = results[1]?.position ?? 0;
      }
      for (const live of [whole, one, filtered]) await live.caughtUp(last);
      equal(
        [whole.state.events, one.state.events, filtered.state.events],
        [8 * MANY, 4 * MANY, 4 * MANY],
        "in the end",
      );
      const parts = shown.map((states, index) =>
        states.filter(({ events }) => events % (index === 0 ? 2 * MANY : MANY)),
      );
      equal(parts, [[], [], []], "states amid an append");
      ok(
        shown.every((states) => states.length >= 2),
        "every one was told of the history, and of what came",
      );
    },
  },
  {
    name: "a live projection follows what another store appends, whole append by whole append",
    needs: "alongside",
    async run({ open, alongside }) {
      const store = await open();
      const other = await alongside(store);
      const live = store.project(count);
      const states = record(live);
      await live.caughtUp();
      let last = 0;
      for (let append = 0; append < 4; append++) {
        last = (await other.stream("a").append(numbered(MANY))).position;
      }
      equal((await live.caughtUp(last)).state.events, 4 * MANY, "in the end");
      equal(
        states.filter(({ events }) => events % MANY !== 0),
        [],
        "states amid an append",
      );
    },
  },
  {
    name: "a live projection of a stream, or with a filter, moves its position past other events",
    async run({ open }) {
      const store = await open();
      await store.stream("a").append(numbered(1));
      const live = [store.project(sum, { stream: "a" }), store.project(sum, { streams: ["a"], types: ["counted"] })];
      const shown = live.map(record);
      for (const one of live) await one.caughtUp();
      const { position } = await store.stream("b").append(numbered(1, 100));
      for (const one of live)
        equal(await one.caughtUp(position), { state: 1, position: 2 }, "after another stream's event");
      equal(shown, [[1], [1]], "nothing else was told");
    },
  },
  {
    name: "iterating over a live projection gives the newest state, and skips those that were not taken",
    async run({ open }) {
      const store = await open();
      await store.stream("a").append(numbered(2));
      const live = store.project(list);
      const states = live[Symbol.asyncIterator]();
      equal((await states.next()).value, { state: [1, 2], position: 2 }, "the history");
      const next = states.next();
      await store.stream("a").append(numbered(1, 3));
      equal((await next).value, { state: [1, 2, 3], position: 3 }, "what came");
      for (const n of [4, 5, 6]) await store.stream("a").append(numbered(1, n));
      await live.caughtUp();
      equal((await states.next()).value, { state: [1, 2, 3, 4, 5, 6], position: 6 }, "the newest");
      live.close();
      equal((await states.next()).done, true, "after close");
    },
  },
  {
    name: "a live projection starts from a snapshot, and saves snapshots",
    async run({ open }) {
      const store = await open();
      await store.stream("a").append(numbered(4));
      await store.stream("a").load(sum);
      await store.load(sum);
      // Seen to be used: it says something else than the events.
      await store.stream("a").saveSnapshot({ projection: "sum", version: 4, state: 1_000 });
      const one = store.project(sum, { stream: "a" });
      equal((await one.caughtUp()).state, 1_000, "from the stream's snapshot");
      const all = store.project(sum);
      equal((await all.caughtUp()).state, 10, "from the store's snapshot");
      await store.stream("a").append(numbered(2, 5));
      equal([(await one.caughtUp(6)).state, (await all.caughtUp(6)).state], [1_011, 21], "and on");
      while ((await store.stream("a").loadSnapshot("sum"))?.version !== 6) await store.head();
      equal((await store.stream("a").loadSnapshot("sum"))?.state, 1_011, "the snapshot left behind");
    },
  },
  {
    name: "a live projection whose handler throws stops before the append with that event, and says where",
    async run({ open }) {
      const store = await open();
      const failing = defineProjection<number, Counted>({
        name: "failing",
        initial: () => 0,
        on: {
          counted(state, { data }) {
            if (data.n === 4) throw new Error("four");
            return state + data.n;
          },
        },
      });
      await store.stream("a").append(numbered(2));
      const live = store.project(failing);
      await live.caughtUp();
      let told = 0;
      live.subscribe(() => (told += 1));
      const states = live[Symbol.asyncIterator]();
      await states.next();
      // Expected before the append is answered: the news of it may come first.
      const iteration = fails(states.next(), "projection-failed", "iteration");
      await store.stream("a").append(numbered(3, 3));
      const { details } = await fails(live.caughtUp(5), "projection-failed", "caughtUp");
      equal([details.name, details.position], ["failing", 4], "name and position");
      await iteration;
      equal([live.state, live.position, told], [3, 2, 1], "state, position, calls");
      equal((live.error as { code?: string }).code, "projection-failed", "error");
      equal(await store.head(), 5, "the store goes on");
    },
  },
  {
    name: "a handler that changes the state it was given, instead of making one, fails",
    async run({ open }) {
      const store = await open();
      const careless = defineProjection<number[], Counted>({
        name: "careless",
        initial: () => [],
        on: {
          counted(state, { data }) {
            state.push(data.n);
            return state;
          },
        },
      });
      const live = store.project(careless);
      await live.caughtUp();
      const { position } = await store.stream("a").append(numbered(2));
      await fails(live.caughtUp(position), "projection-failed", "caughtUp");
      equal(live.state, [], "what is shown");
    },
  },
  {
    name: "a live projection ends with its signal, with its store, and when it is closed",
    async run({ open }) {
      const store = await open();
      const signal = handSignal();
      const [aborted, closed, left] = [store.project(sum, { signal }), store.project(sum), store.project(sum)];
      for (const live of [aborted, closed, left]) await live.caughtUp();
      const waits = [aborted, closed, left].map((live) => failureOf(live.caughtUp(1), "nothing was appended"));
      signal.abort("enough");
      equal(await waits[0], "enough", "aborted");
      equal(signal.listeners, 0, "listeners left on the signal");
      closed.close();
      equal(((await waits[1]) as { code?: string }).code, "store-closed", "closed");
      equal(closed.error, undefined, "closing is no error");
      const patience = handSignal();
      const wait = failureOf(left.caughtUp(1, { signal: patience }), "nothing was appended");
      patience.abort("later");
      equal(await wait, "later", "a wait that was given up");
      await store.close();
      equal(((await waits[2]) as { code?: string }).code, "store-closed", "the store closed");
      await fails(() => store.project(sum), "store-closed", "project");
      await fails(store.load(sum), "store-closed", "load");
    },
  },
  {
    name: "a removed listener is not called, and one may be removed while listeners are called",
    async run({ open }) {
      const store = await open();
      const live = store.project(sum);
      const told: string[] = [];
      const offs = ["x", "y"].map((name) =>
        live.subscribe(() => {
          told.push(name);
          offs[0]?.();
        }),
      );
      await live.caughtUp();
      await store.stream("a").append(numbered(1));
      await live.caughtUp();
      equal(told, ["x", "y", "y"], "told");
    },
  },
];
