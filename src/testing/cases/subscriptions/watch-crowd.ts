import { equal } from "../../assert.ts";
import { numbered, numbersOf, range, take, type Case } from "../../context.ts";

export const watchCrowdCases: readonly Case[] = [
  {
    name: "a crowd of watchers gets every event, each watcher all of them",
    async run({ open }) {
      const store = await open();
      await store.stream("a").append(numbered(10));
      const watching = range(1, 60).map((n) => take(n % 2 === 0 ? store.watch() : store.stream("a").watch(), 30));
      for (const n of range(11, 30)) await store.stream("a").append(numbered(1, n));
      for (const events of await Promise.all(watching)) equal(numbersOf(events), range(1, 30), "events");
    },
  },
  {
    name: "a slow watcher gets everything, however far it has fallen behind, and delays no other",
    async run({ open }) {
      const store = await open();
      await store.stream("a").append(numbered(1));
      const slow = store.watch();
      const slowStream = store.stream("a").watch();
      const quick = store.watch();
      for (const watcher of [slow, slowStream, quick]) await take(watcher, 1);
      for (const n of range(0, 34)) {
        await store.stream("a").append(numbered(100, 2 + n * 100));
        equal(numbersOf(await take(quick, 100)), range(2 + n * 100, 101 + n * 100), "the quick one");
      }
      equal(numbersOf(await take(slow, 3_500)), range(2, 3_501), "the slow one");
      equal(numbersOf(await take(slowStream, 3_500)), range(2, 3_501), "the slow one, of a stream");
      const awaited = Promise.all([slow, slowStream, quick].map((watcher) => take(watcher, 1)));
      await store.stream("a").append(numbered(1, 3_502));
      for (const events of await awaited) equal(numbersOf(events), [3_502], "together again");
    },
  },
  {
    name: "a watcher may append while it works on an event, and sees what it appended",
    async run({ open }) {
      const store = await open();
      await store.stream("a").append(numbered(1));
      const seen: number[] = [];
      for await (const event of store.watch()) {
        const [n = 0] = numbersOf([event]);
        seen.push(n);
        if (n === 25) break;
        await store.stream("a").append(numbered(1, n + 1), { expectedVersion: event.version });
      }
      equal(seen, range(1, 25), "events");
    },
  },
  {
    name: "watchers come and go, and those that stay miss nothing",
    async run({ open }) {
      const store = await open();
      const staying = store.watch();
      const stayed = take(staying, 60);
      for (const n of range(1, 30)) {
        const passing = store.watch({ after: n - 1 });
        const awaited = take(passing, 1);
        await store.stream("a").append(numbered(1, n * 2 - 1));
        equal((await awaited)[0]?.position, n, "the passing one");
        await passing.return?.();
        await store.stream("a").append(numbered(1, n * 2));
      }
      equal(numbersOf(await stayed), range(1, 60), "the staying one");
    },
  },
];
