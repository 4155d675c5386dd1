import type { EventFilter } from "../../../index.ts";
import { equal, ok } from "../../assert.ts";
import { numbered, numbersOf, range, take, type Case } from "../../context.ts";

export const watchFilterCases: readonly Case[] = [
  {
    name: "a filtered watch returns the events of a filtered read, from history and live",
    async run({ open }) {
      const store = await open();
      const append = async (first: number, last: number): Promise<void> => {
        for (const n of range(first, last)) {
          const event = { type: n % 2 === 0 ? "even" : "odd", data: { n }, metadata: { third: n % 3 === 0 } };
          await store.stream(`s-${n % 5}`).append(event);
        }
      };
      const filters: readonly EventFilter[] = [
        { types: ["even"] },
        { streams: ["s-1", "s-2"] },
        { streamPrefix: "s-4" },
        { metadata: { third: true } },
        { types: ["odd"], metadata: { third: false }, streams: ["s-1", "s-3"] },
      ];
      await append(1, 30);
      const counts = filters.map((filter) => store.watch(filter));
      await append(31, 60);
      for (const [index, filter] of filters.entries()) {
        const wanted = numbersOf(await store.read(filter).toArray());
        const watcher = counts[index] as (typeof counts)[number];
        equal(numbersOf(await take(watcher, wanted.length)), wanted, JSON.stringify(filter));
      }
      const awaited = counts.map((watcher) => take(watcher, 1));
      await append(61, 90);
      for (const [index, filter] of filters.entries()) {
        const [next] = await store.read({ ...filter, after: 60, limit: 1 }).toArray();
        equal(await awaited[index], [next], `live: ${JSON.stringify(filter)}`);
      }
    },
  },
  {
    name: "onProgress moves a checkpoint past events that do not match",
    async run({ open }) {
      const store = await open();
      await store.stream("a").append(numbered(300));
      await store.stream("b").append(numbered(1, 301));
      await store.stream("a").append(numbered(300, 302));
      const told: number[] = [];
      let waiting: { position: number; resolve: () => void } | undefined;
      const reached = (position: number): Promise<void> =>
        new Promise((resolve) => {
          if ((told.at(-1) ?? 0) >= position) resolve();
          else waiting = { position, resolve };
        });
      const watcher = store.watch({
        streams: ["b"],
        onProgress(position) {
          told.push(position);
          if (waiting !== undefined && position >= waiting.position) waiting.resolve();
        },
      });
      equal(numbersOf(await take(watcher, 1)), [301], "the match");
      ok((told.at(-1) ?? 0) < 301, "a position should not be told before its event was worked on");
      const awaited = take(watcher, 1);
      await reached(601);
      await store.stream("a").append(numbered(1, 602));
      await reached(602);
      await store.stream("b").append(numbered(1, 603));
      equal(numbersOf(await awaited), [603], "the next match");
      equal(told.at(-1), 602, "told, while 603 is being worked on");
      const last = watcher.next();
      await reached(603);
      equal(
        [...new Set(told)].sort((a, b) => a - b),
        told,
        "positions told, which only ascend",
      );
      await store.stream("b").append(numbered(1, 604));
      await last;
    },
  },
  {
    name: "a watch after a position from onProgress loses and repeats nothing",
    async run({ open }) {
      const store = await open();
      for (const n of range(1, 40)) await store.stream(n % 10 === 0 ? "b" : "a").append(numbered(1, n));
      const seen: number[] = [];
      let checkpoint = 0;
      while (seen.length < 4) {
        const watcher = store.watch({
          after: checkpoint,
          streams: ["b"],
          onProgress: (position) => (checkpoint = position),
        });
        for await (const event of watcher) {
          seen.push(...numbersOf([event]));
          checkpoint = event.position;
          break;
        }
      }
      equal(seen, [10, 20, 30, 40], "events");
    },
  },
];
