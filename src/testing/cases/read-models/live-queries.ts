import type { Event, NewEvent, ReadModel } from "../../../index.ts";
import { defineReadModel, sql, table } from "../../../read-models/index.ts";
import { equal, failureOf, fails } from "../../assert.ts";
import { numbered, range, type Case } from "../../context.ts";

type Counted = Event<"counted", { n: number }>;

interface Sum {
  readonly sum: number | null;
}

const numbers = table("numbers", "position INTEGER PRIMARY KEY, n INTEGER NOT NULL");

const listed = defineReadModel<Counted>({
  name: "listed",
  tables: [numbers],
  on: { counted: ({ position, data }) => sql`INSERT INTO ${numbers} VALUES (${position}, ${data.n})` },
});

const sum = sql`SELECT sum(n) AS sum FROM ${numbers}`;

const names = table("names", "position INTEGER PRIMARY KEY, name TEXT NOT NULL");

const named = defineReadModel<Event<"named", { name: string }>>({
  name: "named",
  tables: [names],
  on: { named: ({ position, data }) => sql`INSERT INTO ${names} VALUES (${position}, ${data.name})` },
});

const both = sql`SELECT (SELECT count(*) FROM ${numbers}) AS numbers, (SELECT count(*) FROM ${names}) AS names`;

export const liveQueryCases: readonly Case[] = [
  {
    name: "a live query runs again when its tables have changed, and tells the position of its rows",
    needs: "sql",
    async run({ open }) {
      const store = await open();
      await store.stream("a").append(numbered(3));
      const model = await store.readModel(listed);
      const live = model.live<Sum>(sum);
      equal(await live.caughtUp(), { state: [{ sum: 6 }], position: 3 }, "history");
      const states = live[Symbol.asyncIterator]();
      await states.next();
      const next = states.next();
      const { position } = await store.stream("a").append(numbered(2, 4));
      equal(await live.caughtUp(position), { state: [{ sum: 15 }], position: 5 }, "news");
      equal((await next).value, { state: [{ sum: 15 }], position: 5 }, "iterated");
      const before = live.state;
      await store.stream("a").append({ type: "other" });
      equal((await live.caughtUp()).position, 6, "past an event of no concern");
      equal(live.state === before, true, "the same rows");
    },
  },
  {
    name: "all listeners of a live query get the result of the same run",
    needs: "sql",
    async run({ open }) {
      const store = await open();
      const model = await store.readModel(listed);
      const live = model.live<Sum>(sum);
      await live.caughtUp();
      const told = range(1, 1_000).map(() => new Set<unknown>());
      for (const seen of told) live.subscribe(({ state }) => seen.add(state));
      await live.caughtUp((await store.stream("a").append(numbered(2))).position);
      equal(
        told.every((seen) => seen.has(live.state) && seen.size === told[0]?.size),
        true,
        "each has the same rows",
      );
    },
  },
  {
    name: "a live query sees what another store has written, and reaches the head",
    needs: ["sql", "alongside"],
    async run({ open, alongside }) {
      const store = await open();
      const other = await alongside(store);
      const models = [await store.readModel(listed), await other.readModel(listed)];
      const live = (models[0] as ReadModel).live<Sum>(sum);
      let last = 0;
      for (const n of range(1, 50))
        last = (await [store, other][n % 2]?.stream("a").append(numbered(1, n)))?.position ?? 0;
      equal((await live.caughtUp(last)).state, [{ sum: 1_275 }], "rows");
    },
  },
  {
    name: "a live query that cannot run ends with the reason, and one whose model ends, with the model",
    needs: "sql",
    async run({ open }) {
      const store = await open();
      const model = await store.readModel(listed);
      await fails(model.live(sql`DELETE FROM ${numbers}`).caughtUp(), "invalid-argument", "no query");
      await fails(() => model.live("SELECT 1" as never), "invalid-argument", "no statement");
      const live = model.live<Sum>(sum);
      await live.caughtUp();
      const wait = failureOf(live.caughtUp(1), "nothing was appended");
      await model.close();
      equal(((await wait) as { code?: string }).code, "store-closed", "the model closed");
      equal(live.state, [{ sum: null }], "what is shown");
    },
  },
  {
    name: "a query over several models runs again when one of them has changed, here or through another store",
    needs: ["sql", "alongside"],
    async run({ open, alongside }) {
      const store = await open();
      const other = await alongside(store);
      await store.stream("a").append([...numbered(2), { type: "named", data: { name: "x" } }]);
      const reads = [await store.readModel(listed), await store.readModel(named)] as const;
      const live = reads[0].live<{ numbers: number; names: number }>(both, { reads });
      equal(await live.caughtUp(3), { state: [{ numbers: 2, names: 1 }], position: 3 }, "history");
      for (const [from, event, expected] of [
        [store, numbered(1)[0], { numbers: 3, names: 1 }],
        [other, { type: "named", data: { name: "y" } }, { numbers: 3, names: 2 }],
        [other, numbered(1)[0], { numbers: 4, names: 2 }],
        [other, { type: "other" }, { numbers: 4, names: 2 }],
      ] as const) {
        const { position } = await from.stream("a").append(event as NewEvent);
        equal(await live.caughtUp(position), { state: [expected], position }, "news");
      }
      equal(await reads[1].query(both, { reads }), [{ numbers: 4, names: 2 }], "asked once");
      const wait = failureOf(live.caughtUp(99), "nothing was appended");
      await reads[1].close();
      equal(((await wait) as { code?: string }).code, "store-closed", "it ends with each of them");
    },
  },
  {
    name: "a query that names a model missing in reads is refused, as are models of another store",
    needs: "sql",
    async run({ open }) {
      const [store, elsewhere] = [await open(), await open()];
      const [one, two] = [await store.readModel(listed), await store.readModel(named)];
      const foreign = await elsewhere.readModel(named);
      for (const reads of [[one], [], [one, foreign], [one, {}], "all"] as never[]) {
        await fails(() => one.live(both, { reads }), "invalid-argument", "live");
        await fails(one.query(both, { reads }), "invalid-argument", "query");
      }
      await fails(one.query(sum, { reads: [two] }), "invalid-argument", "a model that is not listed itself");
      await fails(one.query(sql`SELECT * FROM "named.1.names"`), "invalid-argument", "by its name in the file");
      await fails(one.query(both), "invalid-argument", "without a list");
      await fails(one.query(sum, { read: [one] } as never), "invalid-argument", "a misspelt option");
    },
  },
];
