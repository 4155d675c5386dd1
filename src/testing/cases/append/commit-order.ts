import { equal, failureOf, fails, ok } from "../../assert.ts";
import { handSignal } from "../../abort.ts";
import { numbered, numbersOf, range, type Case } from "../../context.ts";

export const commitOrderCases: readonly Case[] = [
  {
    name: "appends made in one turn of the event loop commit in the order of the calls",
    async run({ open }) {
      const store = await open();
      const results = await Promise.all(range(1, 60).map((n) => store.stream(`s-${n % 7}`).append(numbered(1, n))));
      equal(
        results.map(({ position }) => position),
        range(1, 60),
        "positions",
      );
      equal(numbersOf(await store.read().toArray()), range(1, 60), "events");
    },
  },
  {
    name: "appends made while others are being committed follow them, in the order of the calls",
    async run({ open }) {
      const store = await open();
      const appended: Promise<unknown>[] = [];
      for (const n of range(1, 40)) {
        appended.push(store.stream("a").append(numbered(1, n)));
        if (n % 4 === 0) await store.head();
        if (n % 10 === 0) await appended[n - 5];
      }
      await Promise.all(appended);
      equal(numbersOf(await store.read().toArray()), range(1, 40), "events");
    },
  },
  {
    name: "a refused append does not affect the others of the same batch",
    async run({ open }) {
      const store = await open();
      await store.stream("a").append({ type: "t", id: "known", data: 1 });
      const settled = await Promise.allSettled([
        store.stream("a").append(numbered(1, 1)),
        store.stream("a").append(numbered(1, 99), { expectedVersion: 7 }),
        store.stream("a").append({ type: "t", id: "known", data: 2 }),
        store.stream("a").append({ type: "t", data: Number.NaN }),
        store.stream("a").append(numbered(1, 2), { expectedVersion: 2 }),
      ]);
      equal(
        settled.map(({ status }) => status),
        ["fulfilled", "rejected", "rejected", "rejected", "fulfilled"],
        "outcomes",
      );
      equal(numbersOf(await store.read({ after: 1 }).toArray()), [1, 2], "events");
    },
  },
  {
    name: "a read finds every event acknowledged before it",
    async run({ open }) {
      const store = await open();
      const appends = range(1, 20).map(async (n) => {
        const { position, events } = await store.stream("a").append(numbered(1, n));
        const found = await store.read({ after: position - 1, limit: 1 }).toArray();
        equal(found, events, `event ${n}`);
      });
      await Promise.all(appends);
    },
  },
  {
    name: "an append aborted while it is queued is not written, and rejects with the signal's reason",
    async run({ open }) {
      const store = await open();
      const signal = handSignal();
      const before = store.stream("a").append(numbered(1, 1));
      const withdrawn = store.stream("a").append(numbered(1, 2), { signal });
      const also = store.append([{ stream: "b", events: numbered(1, 3) }], { signal });
      const after = store.stream("a").append(numbered(1, 4));
      signal.abort("enough");
      equal(await failureOf(withdrawn, "it should have been aborted"), "enough", "reason");
      equal(await failureOf(also, "it should have been aborted"), "enough", "reason over several streams");
      await Promise.all([before, after]);
      equal(numbersOf(await store.read().toArray()), [1, 4], "events");
      equal(signal.listeners, 0, "listeners left on the signal");
    },
  },
  {
    name: "an append with a signal that is aborted already is not written",
    async run({ open }) {
      const store = await open();
      const signal = handSignal();
      const reason = new Error("never mind");
      signal.abort(reason);
      ok((await failureOf(store.stream("a").append(numbered(1), { signal }), "aborted")) === reason, "reason");
      equal(await store.head(), 0, "head");
    },
  },
  {
    name: "a signal aborted after the append succeeded changes nothing, and keeps no listener",
    async run({ open }) {
      const store = await open();
      const signal = handSignal();
      await store.stream("a").append(numbered(1), { signal });
      await fails(store.stream("a").append(numbered(1), { signal, expectedVersion: 0 }), "version-conflict", "stale");
      equal(signal.listeners, 0, "listeners left on the signal");
      signal.abort("late");
      equal(await store.head(), 1, "head");
    },
  },
];
