import { equal, fails } from "../../assert.ts";
import { numbered, numbersOf, range, take, type Case } from "../../context.ts";
import { fixedClock } from "../../fixed-clock.ts";
import { sequentialIds } from "../../sequential-ids.ts";

export const reopenCases: readonly Case[] = [
  {
    name: "everything is there when a store is opened again",
    needs: "reopen",
    async run({ open, reopen }) {
      const store = await open();
      await store.append([
        { stream: "a", events: [{ type: "t", id: "own", data: { x: [1] }, metadata: { y: 2 } }, ...numbered(600)] },
        { stream: "日本 '\"", events: numbered(2) },
      ]);
      await store.stream("a").saveSnapshot({ projection: "p", version: 3, state: { z: 3 } });
      const before = [await store.read().toArray(), await store.streams().toArray()];
      const snapshot = await store.stream("a").loadSnapshot("p");
      await store.close();

      const again = await reopen(store);
      equal([await again.read().toArray(), await again.streams().toArray()], before, "events and streams");
      equal(await again.stream("a").loadSnapshot("p"), snapshot, "snapshot");
      equal([await again.head(), await again.stream("a").version()], [603, 601], "head and version");
    },
  },
  {
    name: "positions, versions and timestamps go on where they were when a store is opened again",
    needs: "reopen",
    async run({ open, reopen }) {
      let store = await open({ clock: fixedClock(1_000), newId: sequentialIds("0-") });
      for (const round of range(1, 4)) {
        const { position, version, events } = await store.stream("a").append(numbered(1));
        equal([position, version], [round * 2 - 1, round], "position and version");
        equal(events[0]?.timestamp, 1_000, "timestamp, though the clock falls back");
        await store.stream(`b-${round}`).append(numbered(1), { expectedVersion: 0 });
        await store.close();
        store = await reopen(store, { clock: fixedClock(1_000 - round), newId: sequentialIds(`${round}-`) });
      }
    },
  },
  {
    name: "ids stay known and expected versions are checked when a store is opened again",
    needs: "reopen",
    async run({ open, reopen }) {
      const store = await open();
      await store.stream("a").append({ type: "t", id: "own", data: 1 }, { expectedVersion: 0 });
      await store.close();
      const again = await reopen(store);
      const retried = await again.stream("a").append({ type: "t", id: "own", data: 1 }, { expectedVersion: 0 });
      equal([retried.version, retried.deduplicated], [1, 1], "retried");
      await fails(again.stream("a").append({ type: "t", id: "own", data: 2 }), "event-id-conflict", "other content");
      await fails(again.stream("a").append(numbered(1), { expectedVersion: 0 }), "version-conflict", "stale");
      equal(await again.head(), 1, "head");
    },
  },
  {
    name: "the last commit of close is there when the store is opened again",
    needs: "reopen",
    async run({ open, reopen }) {
      const store = await open();
      const appended = range(1, 30).map((n) => store.stream("a").append(numbered(1, n)));
      await store.close();
      await Promise.all(appended);
      const again = await reopen(store);
      equal(numbersOf(await again.read().toArray()), range(1, 30), "events");
    },
  },
  {
    name: "a watch goes on from its checkpoint when a store is opened again",
    needs: "reopen",
    async run({ open, reopen }) {
      const store = await open();
      await store.stream("a").append(numbered(5));
      const [, checkpoint] = await take(store.watch(), 2);
      await store.close();
      const again = await reopen(store);
      const watching = take(again.watch({ after: checkpoint?.position }), 4);
      await again.stream("a").append(numbered(1, 6));
      equal(numbersOf(await watching), [3, 4, 5, 6], "events");
    },
  },
];
