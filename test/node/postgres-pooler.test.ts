import { openEventStore, type Event, type EventStore } from "rivulet";
import { defineConsumer } from "rivulet/consumers";
import { postgres } from "rivulet/postgres";
import { defineReadModel, sql, table } from "rivulet/read-models";
import pg from "pg";
import { describe, expect, onTestFinished, test } from "vitest";
import { hasNoPgbouncer, startPgbouncer } from "../support/pgbouncer.ts";
import { mayBeLeftOut, usePostgres } from "../support/postgres.ts";

type Counted = Event<"counted", { n: number }>;

const CONNECTIONS = 3;
const numbers = table("numbers", "n INTEGER PRIMARY KEY");
const model = defineReadModel<Counted>({
  name: "numbers",
  tables: [numbers],
  on: { counted: ({ data: { n } }) => sql`INSERT INTO ${numbers} VALUES (${n})` },
});

describe.skipIf(mayBeLeftOut() || hasNoPgbouncer())("stores behind PgBouncer in transaction mode", () => {
  const server = usePostgres();
  let count = 0;

  async function open(connectionString: string, schema: string): Promise<EventStore> {
    const store = await openEventStore(postgres({ connectionString, schema }));
    onTestFinished(() => store.close());
    return store;
  }

  test("append, read, watch each other, keep read models and share the work of a consumer", async () => {
    const schema = `pooled_${++count}`;
    const address = await startPgbouncer(server(), CONNECTIONS);
    const stores = [await open(address, schema), await open(address, schema)];
    const [one, two] = stores as [EventStore, EventStore];
    const direct = await open(server().connectionString, schema);
    const watched: number[] = [];
    const watching = (async () => {
      for await (const { position } of two.watch()) if (watched.push(position) === 90) break;
    })();
    const handled: number[] = [];
    const consumers = stores.map((store) =>
      store.consume(
        defineConsumer({ name: "handled", lease: 500, handler: ({ position }) => void handled.push(position) }),
      ),
    );
    const models = await Promise.all([one, two, direct].map((store) => store.readModel(model)));

    await Promise.all(
      [one, two, direct].map(async (store, index) => {
        for (let n = 0; n < 20; n++) {
          await store.stream(`s-${n % 4}`).append({ type: "counted", data: { n: index * 100 + n } });
        }
        const more = Array.from({ length: 10 }, (_, n) => ({ type: "counted", data: { n: index * 100 + 20 + n } }));
        await Promise.all(more.map((event) => store.stream("many").append(event)));
      }),
    );

    await watching;
    expect(watched).toEqual(Array.from({ length: 90 }, (_, index) => index + 1));
    expect((await two.read().toArray()).map(({ position }) => position)).toEqual(watched);
    for (const reading of models) {
      await reading.caughtUp();
      expect(await reading.query(sql`SELECT count(*) AS n, sum(n) AS sum FROM ${numbers}`)).toEqual([
        { n: 90, sum: 3 * (29 * 15) + 30 * 100 + 30 * 200 },
      ]);
    }
    for (const consumer of consumers) await consumer.caughtUp();
    expect(handled).toEqual(watched);
  });

  test("leave neither settings nor prepared statements to the pooler's other clients, and hold up none", async () => {
    const schema = `pooled_${++count}`;
    const address = await startPgbouncer(server(), CONNECTIONS);
    const pool = new pg.Pool({ connectionString: address });
    onTestFinished(() => pool.end());
    const before = await statesOf(pool);
    const stores = [await open(address, schema), await open(address, schema)];
    for (const store of stores) {
      const reading = await store.readModel(model);
      await store
        .stream("a")
        .append(Array.from({ length: 200 }, (_, n) => ({ type: "counted", data: { n: ++total + n } })));
      total += 200;
      await reading.caughtUp();
      const controller = new AbortController();
      const endless = reading.query(
        sql`SELECT count(*) AS n FROM ${numbers} a, ${numbers} b, ${numbers} c, ${numbers} d, ${numbers} e`,
        { signal: controller.signal, timeout: 3_600_000 },
      );
      const refused = expect(endless).rejects.toThrow("enough");
      await expect.poll(() => running(), { interval: 5 }).toBe(1);
      controller.abort(new Error("enough"));
      await refused;
      await expect.poll(() => running(), { interval: 5 }).toBe(0);
      await Promise.all([1, 2, 3, 4, 5].map(() => store.read({ limit: 5 }).toArray()));
    }

    expect(await statesOf(pool)).toEqual(before);
  });

  let total = 0;

  async function running(): Promise<number> {
    const rows = await server().query(
      "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%AS n FROM%numbers%, %numbers%' AND pid <> pg_backend_pid()",
    );
    return rows.length;
  }

  /** What each of the pooler's connections to the server has set and prepared, all of them being in use at once. */
  async function statesOf(pool: pg.Pool): Promise<unknown[]> {
    const clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => pool.connect()));
    await Promise.all(clients.map((client) => client.query("BEGIN")));
    const states = await Promise.all(
      clients.map(async (client) => {
        const settings = await client.query<{ name: string; setting: string }>(
          "SELECT name, setting FROM pg_settings WHERE source = 'session' AND name NOT IN ('client_encoding', 'application_name')",
        );
        const prepared = await client.query("SELECT name FROM pg_prepared_statements");
        const locks = await client.query(
          "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()",
        );
        return [settings.rows, prepared.rows, locks.rows];
      }),
    );
    await Promise.all(clients.map((client) => client.query("COMMIT")));
    for (const client of clients) client.release();
    return states;
  }
});
