import type { Event, EventStore } from "../../../index.ts";
import { defineProjection } from "../../../projections/index.ts";
import { fork } from "../../../time-travel/index.ts";
import { equal, fails, ok } from "../../assert.ts";
import { numbered, numbersOf, range, type Case, type Context } from "../../context.ts";
import { fixedClock } from "../../fixed-clock.ts";

const sum = defineProjection<number, Event<"counted", { n: number }>>({
  name: "sum",
  initial: () => 0,
  on: { counted: (state, { data }) => state + data.n },
});

/** Events 1 to 6, recorded at 100, 200 and so on, the odd ones in stream "odd". */
async function filled({ open }: Context): Promise<EventStore> {
  const clock = fixedClock();
  const store = await open({ clock });
  for (const n of range(1, 6)) {
    clock.advance(100);
    await store.stream(n % 2 === 1 ? "odd" : "even").append(numbered(1, n));
  }
  return store;
}

export const timeTravelCases: readonly Case[] = [
  {
    name: "the store as it was at a position or time has the events recorded by then",
    async run(context) {
      const store = await filled(context);
      for (const place of [3, new Date(300), new Date(399)]) {
        const past = store.at(place);
        equal(await past.position(), 3, "position");
        equal(numbersOf(await past.read().toArray()), [1, 2, 3], "read");
        equal(numbersOf(await past.read({ direction: "backward", limit: 2 }).toArray()), [3, 2], "backward");
        equal(numbersOf(await past.read({ asOf: 200 }).toArray()), [1, 2], "an earlier time in it");
        equal(numbersOf(await past.read({ asOf: 600 }).toArray()), [1, 2, 3], "a later time in it");
        equal(numbersOf(await past.stream("odd").read().toArray()), [1, 3], "a stream");
        equal([await past.stream("odd").version(), await past.stream("none").version()], [2, 0], "versions");
        equal(await past.stream("odd").load(sum), { state: 4, version: 2 }, "a stream folded");
        equal(await past.load(sum), { state: 6, position: 3 }, "all folded");
        ok(!("append" in past.stream("odd")) && !("append" in past), "the past cannot be written to");
      }
      equal(await store.at(new Date(99)).position(), 0, "before the first");
      equal(await store.at(0).read().toArray(), [], "at 0");
    },
  },
  {
    name: "the past stays as it is while the store goes on",
    async run(context) {
      const store = await filled(context);
      const now = store.at(6);
      await now.position();
      await store.stream("odd").append(numbered(1, 7));
      equal(numbersOf(await now.read().toArray()), range(1, 6), "read");
      equal(await now.stream("odd").version(), 3, "version");
    },
  },
  {
    name: "a position beyond the head shows all events, and an invalid one is refused",
    async run(context) {
      const store = await filled(context);
      const past = store.at(99);
      equal(await past.position(), 6, "position");
      await store.stream("odd").append(numbered(1, 7));
      equal([await past.position(), numbersOf(await past.read().toArray())], [6, range(1, 6)], "still");
      for (const place of [-1, 1.5, new Date("never"), "yesterday" as never]) {
        await fails(() => store.at(place), "invalid-argument", String(place));
      }
    },
  },
  {
    name: "a fork equals the store up to a position, event by event, and is independent from then on",
    async run(context) {
      const store = await filled(context);
      await store.stream("even").append({ type: "noted", metadata: { by: "ada" } });
      const whole = await fork(store);
      equal(await whole.read().toArray(), await store.read().toArray(), "events");
      const short = await fork(store.at(4));
      equal(await short.read().toArray(), await store.read({ upTo: 4 }).toArray(), "events up to 4");
      const { position, version } = await short.stream("even").append(numbered(1, 100), { expectedVersion: 2 });
      equal([position, version], [5, 3], "appended");
      equal(await short.load(sum), { state: 110, position: 5 }, "what if");
      equal(await store.head(), 7, "the store itself");
      await Promise.all([whole.close(), short.close()]);
      equal(await store.head(), 7, "the store after its forks were closed");
    },
  },
];
