import { equal, fails } from "../../assert.ts";
import { numbered, numbersOf, range, take, type Case } from "../../context.ts";
import { fixedClock } from "../../fixed-clock.ts";

export const alongsideCases: readonly Case[] = [
  {
    name: "two stores on one database see each other's events, versions and ids",
    needs: "alongside",
    async run({ open, alongside }) {
      const one = await open({ clock: fixedClock(2_000) });
      const other = await alongside(one, { clock: fixedClock(1_000) });
      await one.stream("a").append({ type: "t", id: "own", data: 1 });
      const { position, version, events } = await other.stream("a").append(numbered(1), { expectedVersion: 1 });
      equal([position, version, events[0]?.timestamp], [2, 2, 2_000], "position, version and timestamp");
      await fails(one.stream("a").append(numbered(1), { expectedVersion: 1 }), "version-conflict", "stale");
      await fails(other.stream("a").append({ type: "t", id: "own", data: 2 }), "event-id-conflict", "id");
      equal((await one.stream("b").append(numbered(1))).position, 3, "position of the next");
      equal(await one.read().toArray(), await other.read().toArray(), "events");
    },
  },
  {
    name: "an expected version is compared with what another store on the same database has written since",
    needs: "alongside",
    async run({ open, alongside }) {
      const one = await open();
      const other = await alongside(one);
      for (const version of range(0, 9)) {
        const [writer, late] = version % 2 === 0 ? [one, other] : [other, one];
        await writer.stream("a").append(numbered(1), { expectedVersion: version });
        const stale = late.stream("a").append(numbered(1), { expectedVersion: version });
        equal((await fails(stale, "version-conflict", `at ${version}`)).details.actual, version + 1, "actual");
        await writer.stream("b").append(numbered(1), { expectedVersion: version });
      }
      // The one who writes has not looked since the other wrote.
      await one.stream("c").append(numbered(1), { expectedVersion: 0 });
      await other.stream("c").append(numbered(1), { expectedVersion: 1 });
      equal((await one.stream("c").append(numbered(1), { expectedVersion: 2 })).version, 3, "version");
    },
  },
  {
    name: "concurrent appends through two stores on one database all succeed once, each store's in order",
    needs: "alongside",
    async run({ open, alongside }) {
      const one = await open();
      const stores = [one, await alongside(one)];
      const appended = range(1, 30).flatMap((n) =>
        stores.map(async (store, index) => store.stream(`s-${index}`).append(numbered(1, n))),
      );
      await Promise.all(appended);
      const events = await one.read().toArray();
      equal(
        events.map(({ position }) => position),
        range(1, 60),
        "positions",
      );
      for (const index of [0, 1]) {
        equal(numbersOf(events.filter(({ stream }) => stream === `s-${index}`)), range(1, 30), `order of ${index}`);
      }
    },
  },
  {
    name: "a watch gets the events appended through another store on the same database",
    needs: "alongside",
    async run({ open, alongside }) {
      const one = await open();
      const other = await alongside(one);
      const watcher = one.watch();
      const ofStream = other.stream("a").watch();
      for (const n of range(1, 10)) {
        const awaited = Promise.all([take(watcher, 1), take(ofStream, 1)]);
        await (n % 2 === 0 ? one : other).stream("a").append(numbered(1, n));
        for (const events of await awaited) equal(numbersOf(events), [n], "event");
      }
    },
  },
  {
    name: "a store goes on when another one on the same database closes",
    needs: "alongside",
    async run({ open, alongside }) {
      const one = await open();
      const other = await alongside(one);
      await one.stream("a").append(numbered(1));
      const awaited = take(other.watch({ after: 1 }), 1);
      await one.close();
      await other.stream("a").append(numbered(1, 2));
      equal(numbersOf(await awaited), [2], "watched");
      equal(numbersOf(await other.read().toArray()), [1, 2], "events");
    },
  },
];
