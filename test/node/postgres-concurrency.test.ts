import { openEventStore, type EventStore, type StoredEvent } from "rivulet";
import { openPostgresStorage, type PostgresDriver } from "rivulet/adapter";
import { postgres } from "rivulet/postgres";
import { describe, expect, onTestFinished, test } from "vitest";
import { openDriver } from "../../dist/adapters/postgres/pg-driver.js";
import { connect } from "../support/postgres-client.ts";
import { startProxy } from "../support/postgres-proxy.ts";
import { mayBeLeftOut, usePostgres } from "../support/postgres.ts";
import { unawaited } from "../support/unawaited.ts";

/** The first number of the lock that an append takes: "rvlw" in ASCII. */
const WRITERS = 0x72766c77;

describe.skipIf(mayBeLeftOut())("several stores on one PostgreSQL schema", () => {
  const server = usePostgres();
  let count = 0;

  const nextSchema = (): string => `concurrency_${++count}`;
  const open = (schema: string, connectionString = server().connectionString): Promise<EventStore> =>
    openEventStore(postgres({ connectionString, schema }));

  // Sequences and marks of transactions skip events that commit late: https://github.com/JasperFx/marten/issues/1629, 2370, 3122
  // and https://github.com/event-driven-io/emmett/pull/336. A read overtakes a commit: dcb-event-store, issue 89.
  test("readers never skip an event and never find a gap, though every commit takes its time", async () => {
    const schema = nextSchema();
    const writers = [await open(schema), await open(schema), await open(schema)];
    await using reader = await open(schema);
    await commitSlowly(schema);
    const watched: number[] = [];
    const total = writers.length * 15 * 2;
    const watching = (async () => {
      for await (const { position } of reader.watch()) if (watched.push(position) === total) break;
    })();
    let writing = true;
    const written = Promise.all(
      writers.map(async (store, index) => {
        for (let n = 0; n < 15; n++) await store.stream(`s-${(index + n) % 4}`).append([{ type: "a" }, { type: "b" }]);
      }),
    ).finally(() => (writing = false));

    const followed: StoredEvent[] = [];
    while (writing || followed.length < total) {
      // An append that failed ends the test.
      if (!writing) await written;
      const head = await reader.head();
      const whole = await reader.read({ upTo: head }).toArray();
      expect(whole.map(({ position }) => position)).toEqual(range(head));
      followed.push(...(await reader.read({ after: followed.length }).toArray()));
      expect(followed.map(({ position }) => position)).toEqual(range(followed.length));
      // Both events of an append, or none.
      expect(followed.length % 2).toBe(0);
    }
    await written;
    await watching;
    expect(watched).toEqual(range(total));
    for (const store of writers) await store.close();
  });

  // ON CONFLICT DO NOTHING loses 10 of 20 appends and reports success: https://github.com/Eventuous/eventuous/pull/582.
  test("what is reported as appended is stored: of 20 appends at once that expect the same version, one", async () => {
    const schema = nextSchema();
    const stores = [await open(schema), await open(schema)];
    for (let version = 0; version < 5; version++) {
      const results = await Promise.allSettled(
        Array.from({ length: 20 }, (_, index) =>
          (stores[index % 2] as EventStore)
            .stream("a")
            .append({ type: "noted", data: index }, { expectedVersion: version }),
        ),
      );
      const stored = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
      expect(stored).toMatchObject([{ version: version + 1, position: version + 1 }]);
      for (const result of results) {
        if (result.status === "rejected") expect(result.reason).toMatchObject({ code: "version-conflict" });
      }
      expect(await stores[0]?.head()).toBe(version + 1);
    }
    for (const store of stores) await store.close();
  });

  // A payload of 8,000 bytes rolls the insert back (https://www.postgresql.org/docs/current/sql-notify.html).
  test("events of any size are announced to those who watch", async () => {
    const schema = nextSchema();
    await using one = await open(schema);
    await using other = await open(schema);
    const watch = other.watch();
    for (const size of [1, 10_000, 1_000_000]) {
      await one.stream("a".repeat(255)).append({ type: "noted", data: "x".repeat(size) });
      expect((await watch.next()).value).toMatchObject({ data: "x".repeat(size) });
    }
  });

  test("an append whose connection is cut while it waits is stored once, though the server goes on with the first attempt", async () => {
    const schema = nextSchema();
    const proxy = await startProxy(server());
    await using store = await open(schema, proxy.connectionString);
    const holder = await connect(server().host);
    onTestFinished(() => holder.end());
    await holder.query("BEGIN");
    await holder.query(`SELECT pg_advisory_xact_lock($1, '${schema}.events'::regclass::oid::int)`, [WRITERS]);
    const appended = store.stream("a").append({ type: "noted" });
    await expect.poll(() => waiting(), { interval: 5 }).toBe(1);

    proxy.cutAll();
    await expect.poll(() => waiting(), { interval: 5 }).toBe(2);
    await holder.query("COMMIT");

    expect(await appended).toMatchObject({ position: 1, version: 1 });
    await expect.poll(() => waiting(), { interval: 5 }).toBe(0);
    expect(await store.read().toArray()).toHaveLength(1);
  });

  test("a notification that arrives before the connection is ready does not end the watch", async () => {
    const schema = nextSchema();
    const options = { schema, durability: "full", busyTimeout: 10_000 } as const;
    const driver = openDriver({ connectionString: server().connectionString });
    const early: PostgresDriver = {
      ...driver,
      async listen(channel, onNotification, onLost) {
        const listener = await driver.listen(channel, onNotification, onLost);
        onNotification("1");
        return listener;
      },
    };
    await using store = await openEventStore({
      name: "early",
      open: async () => ({ storage: await openPostgresStorage(early, options), verbs: {} }),
    });
    await using other = await open(schema);
    const watch = store.watch();

    for (const position of [1, 2, 3]) {
      await other.stream("a").append({ type: "noted" });
      expect((await watch.next()).value).toMatchObject({ position });
    }
  });

  test("an announcement at which the driver throws at once costs no append, and keeps no later one from being announced", async () => {
    const schema = nextSchema();
    const options = { schema, durability: "full", busyTimeout: 10_000 } as const;
    const driver = openDriver({ connectionString: server().connectionString });
    let sent = 0;
    const hasty: PostgresDriver = {
      ...driver,
      query(sql, values) {
        if (sql.includes("pg_notify") && ++sent <= 2) throw new Error("not now");
        return driver.query(sql, values);
      },
    };
    await using store = await openEventStore({
      name: "hasty",
      open: async () => ({ storage: await openPostgresStorage(hasty, options), verbs: {} }),
    });
    await using other = await open(schema);
    const watch = other.watch();
    await store.stream("a").append({ type: "noted" });
    expect((await watch.next()).value).toMatchObject({ position: 1 });
    // It listens, so the next commit is announced.
    await expect.poll(() => looked(schema), { interval: 5 }).toBe(true);

    await store.stream("a").append({ type: "noted" });
    // Sent once more, at which it throws, too.
    await expect.poll(() => sent, { interval: 5 }).toBe(2);
    await store.stream("a").append({ type: "noted" });

    await expect.poll(() => sent, { interval: 5 }).toBe(3);
    for (const position of [2, 3]) expect((await watch.next()).value).toMatchObject({ position });
  });

  test("a crowd of watchers costs one connection, and one look and one read for each change", async () => {
    const schema = nextSchema();
    const proxy = await startProxy(server());
    await using store = await open(schema, proxy.connectionString);
    await using other = await open(schema);
    let arrived = 0;
    const watchers = Array.from({ length: 1_000 }, async () => {
      for await (const _event of store.watch()) if (++arrived >= 4_000) break;
    });
    unawaited(Promise.all(watchers));
    await other.stream("a").append({ type: "noted" });
    await expect.poll(() => arrived, { interval: 5 }).toBe(1_000);
    // The first look, for what was committed before the store listened, is no look for a change.
    await expect.poll(() => looked(schema), { interval: 5 }).toBe(true);
    let statements = 0;
    proxy.decide(({ from, kind }) => {
      if (from === "client" && (kind === "E" || kind === "Q")) statements += 1;
      return "pass";
    });

    for (const expected of [2_000, 3_000]) {
      await other.stream("a").append({ type: "noted" });
      await expect.poll(() => arrived, { interval: 5 }).toBe(expected);
    }

    expect(statements).toBe(2 * 2);
  });

  /** Whether a connection that listens has looked for news and is idle. */
  async function looked(schema: string): Promise<boolean> {
    const idle = await server().query(
      `SELECT 1 FROM pg_stat_activity WHERE state = 'idle' AND query LIKE 'SELECT (SELECT max(position) FROM "${schema}".events)%'`,
    );
    return idle.length > 0;
  }

  /** How many statements of the server wait for an advisory lock. */
  async function waiting(): Promise<number> {
    const [row] = await server().query<{ count: number }>(
      "SELECT count(*)::int AS count FROM pg_locks WHERE locktype = 'advisory' AND NOT granted",
    );
    return row?.count ?? 0;
  }

  /** Makes every commit of events last some milliseconds, after the events were inserted. */
  async function commitSlowly(schema: string): Promise<void> {
    await server().query(
      `CREATE FUNCTION ${schema}_linger() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN PERFORM pg_sleep(random() * 0.004); RETURN NULL; END $$;
       CREATE CONSTRAINT TRIGGER linger AFTER INSERT ON ${schema}.events DEFERRABLE INITIALLY DEFERRED
       FOR EACH ROW EXECUTE FUNCTION ${schema}_linger()`,
    );
  }
});

function range(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}
