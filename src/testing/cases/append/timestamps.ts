import { equal, fails } from "../../assert.ts";
import { numbered, type Case } from "../../context.ts";
import { fixedClock } from "../../fixed-clock.ts";

export const timestampCases: readonly Case[] = [
  {
    name: "an event bears the time of its append, in whole milliseconds",
    async run({ open }) {
      const clock = fixedClock(1_000.9);
      const store = await open({ clock });
      const first = await store.stream("a").append(numbered(2));
      clock.set(Date.UTC(2100, 0, 1));
      const second = await store.append([
        { stream: "a", events: numbered(1) },
        { stream: "b", events: numbered(1) },
      ]);
      equal(
        [first, ...second].flatMap(({ events }) => events.map(({ timestamp }) => timestamp)),
        [1_000, 1_000, 4_102_444_800_000, 4_102_444_800_000],
        "timestamps",
      );
    },
  },
  {
    name: "timestamps never decrease, also when the clock runs backwards",
    async run({ open }) {
      const clock = fixedClock();
      const store = await open({ clock });
      const told: number[] = [];
      for (const time of [50, 40, 60, 0, 59, 61]) {
        clock.set(time);
        const { events } = await store.stream(`s-${time % 2}`).append(numbered(1));
        told.push(...events.map(({ timestamp }) => timestamp));
      }
      equal(told, [50, 50, 60, 60, 60, 61], "timestamps in the results");
      equal(
        (await store.read().toArray()).map(({ timestamp }) => timestamp),
        told,
        "timestamps read",
      );
    },
  },
  {
    name: "timestamps do not decrease within a batch either, and a stored event keeps its own",
    async run({ open }) {
      const times = [10, 30, 20, 40, 35, 90];
      const store = await open({ clock: () => times.shift() ?? 99, newId: () => "made" });
      const appended = await Promise.all([
        store.stream("a").append({ type: "t", id: "1" }),
        store.stream("a").append({ type: "t", id: "2" }),
        store.stream("b").append({ type: "t", id: "3" }),
        store.stream("a").append({ type: "t", id: "1" }),
        store.stream("a").append([
          { type: "t", id: "2" },
          { type: "t", id: "4" },
        ]),
      ]);
      equal(
        appended.map(({ events }) => events.map(({ timestamp }) => timestamp)),
        [[10], [30], [30], [10], [30, 35]],
        "timestamps",
      );
    },
  },
  {
    name: "a clock that returns no valid time is refused at the append, and nothing is written",
    async run({ open }) {
      const clock = fixedClock();
      const store = await open({ clock, newId: () => "id" });
      for (const time of [Number.NaN, -1, 8.64e15 + 1, Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY]) {
        clock.set(time);
        const error = await fails(store.stream("a").append(numbered(1)), "invalid-argument", `clock at ${time}`);
        equal(error.details.argument, "clock", "argument");
      }
      equal(await store.head(), 0, "head");
    },
  },
];
