import { openEventStore, type Event, type EventStore } from "rivulet";
import { postgres, type PostgresOptions } from "rivulet/postgres";
import { defineReadModel, sql, table } from "rivulet/read-models";
import pg from "pg";
import { describe, expect, onTestFinished, test } from "vitest";
import { mayBeLeftOut, usePostgres } from "../support/postgres.ts";
import { startProxy } from "../support/postgres-proxy.ts";

type Counted = Event<"counted", { n: number }>;

const numbers = table("numbers", "n INTEGER PRIMARY KEY");
const model = defineReadModel<Counted>({
  name: "numbers",
  tables: [numbers],
  on: { counted: ({ data: { n } }) => sql`INSERT INTO ${numbers} VALUES (${n})` },
});
const all = sql`SELECT count(*) AS n FROM ${numbers}`;
/** Of 200 rows: hours. */
const endless = sql`SELECT count(*) AS n FROM ${numbers} a, ${numbers} b, ${numbers} c, ${numbers} d, ${numbers} e`;

describe.skipIf(mayBeLeftOut())("queries of read models in PostgreSQL", () => {
  const server = usePostgres();
  let count = 0;

  async function open(options: PostgresOptions = {}): Promise<EventStore> {
    const connection = options.pool === undefined ? { connectionString: server().connectionString } : {};
    const store = await openEventStore(postgres({ ...connection, schema: `queries_${++count}`, ...options }));
    onTestFinished(() => store.close());
    await store
      .stream("a")
      .append(Array.from({ length: 200 }, (_, index) => ({ type: "counted", data: { n: index } })));
    return store;
  }

  /** How many connections run a query that is endless. */
  async function running(): Promise<number> {
    const rows = await server().query(
      "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%AS n FROM%numbers%, %numbers%' AND pid <> pg_backend_pid()",
    );
    return rows.length;
  }

  test("a query takes three messages", async () => {
    const proxy = await startProxy(server());
    const store = await open({ connectionString: proxy.connectionString });
    const reading = await store.readModel(model);
    await reading.caughtUp();
    await reading.query(all);
    let messages = 0;
    proxy.decide(({ from, kind }) => {
      if (from === "client" && (kind === "Q" || kind === "S")) messages += 1;
      return "pass";
    });

    for (let time = 0; time < 40; time++) expect(await reading.query(all)).toEqual([{ n: 200 }]);

    // What the store sends beside them is much less.
    expect(Math.round(messages / 40)).toBe(3);
  });

  test.each([
    ["a pool with free connections", 10],
    ["a pool of one connection", 1],
  ])("an aborted query ends at the server, over %s", async (_what, max) => {
    const pool = new pg.Pool({ connectionString: server().connectionString, max });
    onTestFinished(() => pool.end());
    const store = await open({ pool });
    const reading = await store.readModel(model);
    await reading.caughtUp();
    const controller = new AbortController();
    const query = reading.query(endless, { signal: controller.signal, timeout: 3_600_000 });
    const refused = expect(query).rejects.toThrow("enough");
    await expect.poll(running, { interval: 5 }).toBe(1);

    controller.abort(new Error("enough"));

    await refused;
    await expect.poll(running, { interval: 5 }).toBe(0);
    expect(await reading.query(all)).toEqual([{ n: 200 }]);
  });

  test("whenever a query is aborted, the next one on its connection runs to its end", async () => {
    const pool = new pg.Pool({ connectionString: server().connectionString, max: 1 });
    onTestFinished(() => pool.end());
    const store = await open({ pool });
    const reading = await store.readModel(model);
    await reading.caughtUp();
    for (let turns = 0; turns < 40; turns++) {
      const controller = new AbortController();
      const aborted = reading.query(all, { signal: controller.signal }).catch(() => undefined);
      const next = [reading.query(all), reading.query(all)];
      // At another moment each time: a turn of the event loop is shorter than a message takes.
      for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);

      controller.abort();

      await aborted;
      for (const query of next) expect(await query).toEqual([{ n: 200 }]);
    }
  });

  test("a live query that is stopped ends at the server", async () => {
    const store = await open();
    const reading = await store.readModel(model);
    await reading.caughtUp();
    const live = reading.live(endless, { timeout: 3_600_000 });
    live.subscribe(() => undefined);
    await expect.poll(running, { interval: 5 }).toBe(1);

    live.close();

    await expect.poll(running, { interval: 5 }).toBe(0);
  });
});
