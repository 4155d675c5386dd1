import { equal, failureOf, fails } from "../../assert.ts";
import { handSignal } from "../../abort.ts";
import { numbered, numbersOf, take, type Case } from "../../context.ts";

export const watchEndCases: readonly Case[] = [
  {
    name: "leaving the loop ends a watch and removes its listener from the signal",
    async run({ open }) {
      const store = await open();
      await store.stream("a").append(numbered(3));
      const signal = handSignal();
      const watcher = store.watch({ signal });
      for await (const event of watcher) if (event.version === 2) break;
      equal(signal.listeners, 0, "listeners left on the signal");
      await store.stream("a").append(numbered(1, 4));
      equal(await watcher.next(), { value: undefined, done: true }, "after leaving");
    },
  },
  {
    name: "aborting the signal ends a watch with the signal's reason, whether it is waiting or not",
    async run({ open }) {
      const store = await open();
      await store.stream("a").append(numbered(3));
      const signal = handSignal();
      const waiting = store.watch({ after: 3, signal });
      const inHistory = store.stream("a").watch({ signal });
      const unbegun = store.watch({ signal });
      let caughtUp: (() => void) | undefined;
      const live = new Promise<void>((resolve) => (caughtUp = resolve));
      const parked = store.watch({ after: "head", signal, onCaughtUp: () => caughtUp?.() }).next();
      const next = waiting.next();
      await take(inHistory, 1);
      await live;
      signal.abort("enough");
      for (const attempt of [next, parked, inHistory.next(), unbegun.next()]) {
        equal(await failureOf(attempt, "it should have been aborted"), "enough", "reason");
      }
      equal(await waiting.next(), { value: undefined, done: true }, "after the end");
    },
  },
  {
    name: "ending a watch settles a pending call of next",
    async run({ open }) {
      const store = await open();
      let caughtUp: (() => void) | undefined;
      const live = new Promise<void>((resolve) => (caughtUp = resolve));
      const watcher = store.watch({ onCaughtUp: () => caughtUp?.() });
      const next = watcher.next();
      await live;
      await watcher.return?.();
      equal(await next, { value: undefined, done: true }, "the one who waited");
    },
  },
  {
    name: "a watch of a store that closes ends with store-closed, whether it is waiting or not",
    async run({ open }) {
      const store = await open();
      await store.stream("a").append(numbered(2));
      let caughtUp: (() => void) | undefined;
      const live = new Promise<void>((resolve) => (caughtUp = resolve));
      const parked = store.watch({ after: "head", onCaughtUp: () => caughtUp?.() }).next();
      const inHistory = store.stream("a").watch();
      const unbegun = store.watch();
      equal(numbersOf(await take(inHistory, 1)), [1], "the first");
      await live;
      const ended = Promise.all([
        fails(parked, "store-closed", "the one that waits"),
        fails(store.watch({ after: 2 }).next(), "store-closed", "one that has just begun"),
      ]);
      await store.close();
      await ended;
      await fails(inHistory.next(), "store-closed", "the one in its history");
      await fails(unbegun.next(), "store-closed", "the one not begun");
    },
  },
];
