import type { BuildProgress, Event, EventStore, ReadModel, ReadModelDefinition, SqlStatement } from "../../../index.ts";
import { defineReadModel, sql, table } from "../../../read-models/index.ts";
import { handSignal } from "../../abort.ts";
import { equal, failureOf, fails } from "../../assert.ts";
import { numbered, type Case } from "../../context.ts";

type Counted = Event<"counted", { n: number }>;

const HISTORY = 3_500;

/** Each schema says of itself which it is. */
function versioned(schema: number): { definition: ReadModelDefinition; count: SqlStatement } {
  const numbers = table("numbers", "position INTEGER PRIMARY KEY, schema INTEGER NOT NULL");
  const definition = defineReadModel<Counted>({
    name: "versioned",
    schema,
    tables: [numbers],
    on: { counted: ({ position }) => sql`INSERT INTO ${numbers} VALUES (${position}, ${schema})` },
  });
  return { definition, count: sql`SELECT count(*) AS count, max(schema) AS schema FROM ${numbers}` };
}

const [one, two] = [versioned(1), versioned(2)];

const append = async (store: EventStore, count: number): Promise<number> =>
  (await store.stream("a").append(numbered(count))).position;

const ask = async (model: ReadModel, { count }: { count: SqlStatement }): Promise<unknown> =>
  (await model.query(count))[0];

const canAsk = (model: ReadModel, count: { count: SqlStatement }): Promise<boolean> =>
  ask(model, count).then(
    () => true,
    () => false,
  );

export const modelSchemaCases: readonly Case[] = [
  {
    name: "while tables are filled for the first time, queries wait, and progress says so",
    needs: "sql",
    async run({ open }) {
      const store = await open();
      await append(store, HISTORY);
      const old = await store.readModel(one.definition);
      equal(await ask(old, one), { count: HISTORY, schema: 1 }, "all of it, unasked");
      const progress: BuildProgress[] = [];
      const answers: Promise<unknown>[] = [];
      const next = await store.readModel(two.definition, {
        onProgress(now) {
          progress.push(now);
          answers.push(ask(old, one));
        },
      });
      const live = next.live<{ count: number }>(two.count);
      const shown: number[] = [];
      live.subscribe(({ state }) => shown.push(...state.map(({ count }) => count)));
      equal((await live.caughtUp()).state, [{ count: HISTORY, schema: 2 }], "a live query waits as well");
      equal(
        shown.every((count) => count === HISTORY),
        true,
        "and shows nothing before",
      );
      equal(await ask(next, two), { count: HISTORY, schema: 2 }, "as does a query");
      const building = progress.filter(({ phase }) => phase === "building");
      equal([building.length > 2, building.every(({ done }) => done <= HISTORY)], [true, true], "building");
      equal(progress.at(-1), { done: HISTORY, total: HISTORY, phase: "caught-up" }, "at the end");
      for (const answer of await Promise.all(answers))
        equal(answer, { count: HISTORY, schema: 1 }, "schema 1 meanwhile");
    },
  },
  {
    name: "queries that wait for tables reject with the reason if these cannot be filled",
    needs: "sql",
    async run({ open }) {
      const store = await open();
      await append(store, HISTORY);
      const list = table("list", "n INTEGER PRIMARY KEY");
      const definition = defineReadModel<Counted>({
        name: "failing",
        tables: [list],
        on: {
          counted({ data: { n } }) {
            if (n === HISTORY) throw new Error("the last one");
            return sql`INSERT INTO ${list} VALUES (${n})`;
          },
        },
      });
      const model = await store.readModel(definition);
      await fails(model.query(sql`SELECT * FROM ${list}`), "projection-failed", "a query");
      await fails(() => model.live(sql`SELECT * FROM ${list}`), "projection-failed", "a live one");
      const signal = handSignal();
      const waiting = await store.readModel(one.definition);
      const asked = failureOf(waiting.query(one.count, { signal }), "it was aborted");
      signal.abort("enough");
      equal([await asked, signal.listeners], ["enough", 0], "a query's own signal");
    },
  },
  {
    name: "older code beside newer queries its own tables, which stay up to date, but never rebuilds them",
    needs: ["sql", "alongside"],
    async run({ open, alongside }) {
      const store = await open();
      await append(store, HISTORY);
      const old = await store.readModel(one.definition);
      await old.caughtUp();
      const next = await (await alongside(store)).readModel(two.definition);
      await next.caughtUp();
      await fails(old.rebuild(), "client-outdated", "a rebuild");
      const position = await append(store, 1);
      await old.caughtUp(position);
      equal(await ask(old, one), { count: HISTORY + 1, schema: 1 }, "its own tables");
      // Another of the older ones may come, and finds what is there.
      const late = await (await alongside(store)).readModel(one.definition);
      equal(await ask(late, one), { count: HISTORY + 1, schema: 1 }, "found");
    },
  },
  {
    name: "the tables of an older schema are removed after its last client, and not created again beside a newer one",
    needs: ["sql", "alongside"],
    async run({ open, alongside }) {
      const store = await open();
      await append(store, 10);
      const old = [await store.readModel(one.definition), await (await alongside(store)).readModel(one.definition)];
      for (const model of old) await model.caughtUp();
      const other = await alongside(store);
      const next = await other.readModel(two.definition);
      await next.caughtUp();
      await old[0]?.close();
      await (await other.readModel(two.definition)).caughtUp();
      equal(await ask(old[1] as ReadModel, one), { count: 10, schema: 1 }, "one client lives");
      await old[1]?.close();
      await (await other.readModel(two.definition)).caughtUp();
      // They are removed beside what the newer client does.
      while (await canAsk(old[1] as ReadModel, one));
      await fails(store.readModel(one.definition), "client-outdated", "opening it again");
      await fails(ask(old[1] as ReadModel, one), "client-outdated", "asking it still");
    },
  },
  {
    name: "if no newer client is left, as after a return to older code, an older schema is built again",
    needs: "sql",
    async run({ open }) {
      const store = await open();
      await append(store, 10);
      const next = await store.readModel(two.definition);
      await next.caughtUp();
      await next.close();
      const old = await store.readModel(one.definition);
      equal(await ask(old, one), { count: 10, schema: 1 }, "built");
      equal(await ask(next, two), { count: 10, schema: 2 }, "what is newer stays");
    },
  },
];
