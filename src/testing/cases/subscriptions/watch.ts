import type { EventStream, EventWatcher } from "../../../index.ts";
import { equal, fails, ok } from "../../assert.ts";
import { numbered, numbersOf, range, take, type Case } from "../../context.ts";

export const watchCases: readonly Case[] = [
  {
    name: "a watch returns the history, then new events, each once and in order",
    async run({ open }) {
      const store = await open();
      await store.stream("a").append(numbered(3));
      const watcher = store.watch();
      equal(numbersOf(await take(watcher, 3)), [1, 2, 3], "history");
      for (const n of [4, 5, 6]) {
        const awaited = watcher.next();
        const { events } = await store.stream(`s-${n}`).append(numbered(1, n));
        equal((await awaited).value, events[0], `event ${n}`);
      }
      await store.stream("a").append(numbered(20, 7));
      equal(numbersOf(await take(watcher, 20)), range(7, 26), "what came together");
    },
  },
  {
    name: "no event is lost or repeated between the history and events appended meanwhile",
    async run({ open }) {
      const store = await open();
      await store.stream("a").append(numbered(600));
      const watching = range(1, 5).map((start) => take(store.watch({ after: start * 100 }), 700 - start * 100));
      for (const n of range(0, 9)) {
        await store.stream("a").append(numbered(10, 601 + n * 10));
        if (n === 4) watching.push(take(store.watch(), 700));
      }
      for (const [index, events] of (await Promise.all(watching)).entries()) {
        equal(numbersOf(events), range(index === 5 ? 1 : (index + 1) * 100 + 1, 700), `watcher ${index}`);
      }
    },
  },
  {
    name: "a watch of a stream returns only its events, by version",
    async run({ open }) {
      const store = await open();
      await store.append([
        { stream: "other", events: numbered(5, 100) },
        { stream: "a", events: numbered(3) },
        { stream: "other", events: numbered(5, 200) },
      ]);
      const all = store.stream("a").watch();
      const later = store.stream("a").watch({ after: 2 });
      equal(numbersOf(await take(all, 3)), [1, 2, 3], "history");
      equal(numbersOf(await take(later, 1)), [3], "after version 2");
      for (const n of range(4, 7)) {
        await store.stream("other").append(numbered(1, 300));
        await store.stream("a").append(numbered(1, n));
      }
      equal(numbersOf(await take(all, 4)), [4, 5, 6, 7], "live");
      equal(numbersOf(await take(later, 4)), [4, 5, 6, 7], "live after version 2");
    },
  },
  {
    name: "a watch after a position or version beyond the head is refused: it belongs to another history",
    async run({ open }) {
      const store = await open();
      await store.append([
        { stream: "a", events: numbered(2) },
        { stream: "b", events: numbered(3, 3) },
      ]);
      const refused = [
        store.watch({ after: 6 }),
        store.stream("a").watch({ after: 3 }),
        store.stream("none").watch({ after: 1 }),
      ];
      const allowed = [store.watch({ after: 5 }), store.stream("a").watch({ after: 2 })];
      for (const [index, [after, newest]] of [
        [6, 5],
        [3, 2],
        [1, 0],
      ].entries()) {
        const next = (refused[index] as EventWatcher).next();
        const { message, details } = await fails(next, "invalid-argument", `after ${after}`);
        equal(details, { argument: "after" }, "details");
        ok(message.includes(`${after}`) && message.includes(`${newest}`), `it should tell both numbers: ${message}`);
      }
      // One that nobody iterates over does no harm.
      store.watch({ after: 6 });
      await store.stream("a").append(numbered(1, 6));
      for (const watcher of allowed) equal(numbersOf(await take(watcher, 1)), [6], "after the newest");
      equal(await store.read({ after: 10 }).toArray(), [], "a read, which has nothing to wait for");
    },
  },
  {
    name: "a watch after the head starts at the head of the call, not of its first event",
    async run({ open }) {
      const store = await open();
      await store.append([
        { stream: "a", events: numbered(2) },
        { stream: "b", events: numbered(2, 50) },
      ]);
      const everything = store.watch({ after: "head" });
      const stream = store.stream("b").watch({ after: "head" });
      const unborn = store.stream("c").watch({ after: "head" });
      await store.append([
        { stream: "a", events: numbered(1, 3) },
        { stream: "b", events: numbered(1, 52) },
        { stream: "c", events: numbered(1, 99) },
      ]);
      equal(numbersOf(await take(everything, 3)), [3, 52, 99], "everything");
      equal(numbersOf(await take(stream, 1)), [52], "a stream");
      equal(numbersOf(await take(unborn, 1)), [99], "a stream that was not there");
    },
  },
  {
    name: "a watch after the head excludes its store's earlier appends, also if they are not committed yet",
    async run({ open }) {
      const store = await open();
      const watchers: EventWatcher[] = [];
      const appended: Promise<unknown>[] = [];
      const streams = ["a", "b"].map((name) => store.stream(name));
      for (const n of range(1, 12)) {
        appended.push((streams[n % 2] as EventStream).append(numbered(1, n)));
        if (n % 3 === 0) watchers.push(store.watch({ after: "head" }), store.stream("a").watch({ after: "head" }));
      }
      await Promise.all(appended);
      await store.stream("a").append(numbered(1, 99));
      for (const [index, watcher] of watchers.entries()) {
        const later = range(Math.floor(index / 2) * 3 + 4, 12).filter((n) => index % 2 === 0 || n % 2 === 0);
        equal(numbersOf(await take(watcher, later.length + 1)), [...later, 99], `watch ${index}`);
      }
    },
  },
  {
    name: "onCaughtUp is called once, after the history",
    async run({ open }) {
      const store = await open();
      await store.stream("a").append(numbered(600));
      let calls = 0;
      let caughtUp: (() => void) | undefined;
      const told = new Promise<void>((resolve) => (caughtUp = resolve));
      const watcher = store.watch({
        onCaughtUp() {
          calls += 1;
          caughtUp?.();
        },
      });
      await take(watcher, 600);
      equal(calls, 0, "calls while the last of the history may still be at work");
      const awaited = watcher.next();
      await told;
      await store.stream("a").append(numbered(1, 601));
      await awaited;
      await store.stream("a").append(numbered(2, 602));
      equal(numbersOf(await take(watcher, 2)), [602, 603], "live");
      equal(calls, 1, "calls");
    },
  },
  {
    name: "onCaughtUp is called in an empty store too",
    async run({ open }) {
      const store = await open();
      let awaited: Promise<unknown> | undefined;
      await new Promise<void>((onCaughtUp) => {
        awaited = store.stream("a").watch({ onCaughtUp }).next();
      });
      await store.stream("a").append(numbered(1));
      await awaited;
    },
  },
  {
    name: "the events of a watch equal those of a read, and are frozen",
    async run({ open }) {
      const store = await open();
      const event = { type: "t", data: { list: [{ a: 1 }] }, metadata: { deep: { b: 2 } } };
      await store.stream("a").append(event);
      const watcher = store.watch();
      const [old] = await take(watcher, 1);
      await store.stream("a").append(event);
      const [fresh] = await take(watcher, 1);
      equal([old, fresh], await store.read().toArray(), "events");
      for (const found of [old, fresh]) {
        const list = (found?.data as { list: object[] } | undefined)?.list ?? [];
        const parts = [found, found?.data, list, list[0], found?.metadata, found?.metadata["deep"]];
        ok(
          parts.every((part) => Object.isFrozen(part)),
          "an event should be frozen through and through",
        );
      }
    },
  },
];
