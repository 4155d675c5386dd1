import { openEventStore, type Event, type EventStore } from "rivulet";
import { postgres, type PostgresOptions } from "rivulet/postgres";
import { defineReadModel, sql, table } from "rivulet/read-models";
import pg from "pg";
import { describe, expect, onTestFinished, test } from "vitest";
import { connect } from "../support/postgres-client.ts";
import { mayBeLeftOut, startPostgres, usePostgres } from "../support/postgres.ts";

/** The first number of the lock that an append takes: "rvlw" in ASCII. */
const WRITERS = 0x72766c77;

describe.skipIf(mayBeLeftOut())("what PostgreSQL refuses", () => {
  const server = usePostgres();
  let count = 0;

  const nextSchema = (): string => `refusals_${++count}`;
  const open = (schema: string, options: PostgresOptions = {}): Promise<EventStore> =>
    openEventStore(postgres({ connectionString: server().connectionString, schema, busyTimeout: 100, ...options }));
  const as = (role: string): string => `${server().connectionString}&user=${role}`;

  test.each([
    ["other tables", (s: string) => `CREATE SCHEMA ${s}; CREATE TABLE ${s}.customers (name text)`],
    [
      "other tables of the same names",
      (s: string) => `CREATE SCHEMA ${s}; CREATE TABLE ${s}.events (id int); CREATE TABLE ${s}.meta (id int)`,
    ],
    ["a view", (s: string) => `CREATE SCHEMA ${s}; CREATE VIEW ${s}.events AS SELECT 1`],
  ])("a schema with %s is refused with storage-format, and left alone", async (_what, create) => {
    const schema = nextSchema();
    await server().query(create(schema));
    const tables = `SELECT relname FROM pg_class WHERE relnamespace = '${schema}'::regnamespace ORDER BY 1`;
    const before = await server().query(tables);

    await expect(open(schema)).rejects.toMatchObject({ code: "storage-format" });

    expect(await server().query(tables)).toEqual(before);
  });

  test("a schema of a newer format is refused with its number", async () => {
    const schema = nextSchema();
    await (await open(schema)).close();
    await server().query(`UPDATE ${schema}.meta SET value = '99' WHERE key = 'format'`);

    await expect(open(schema)).rejects.toMatchObject({ code: "storage-format", details: { found: 99 } });
  });

  test("a role that may only read reads, and its append is refused with what to do", async () => {
    const schema = nextSchema();
    const owner = await open(schema);
    await owner.stream("a").append({ type: "noted" });
    await owner.close();
    await server().query(
      `CREATE ROLE reader LOGIN; GRANT USAGE ON SCHEMA ${schema} TO reader; GRANT SELECT ON ALL TABLES IN SCHEMA ${schema} TO reader`,
    );

    await using store = await open(schema, { connectionString: as("reader") });

    expect(await store.read().toArray()).toHaveLength(1);
    await expect(store.stream("a").append({ type: "noted" })).rejects.toMatchObject({
      code: "storage-unavailable",
      details: { reason: "42501" },
    });
  });

  test("a role with the rights that docs/postgresql.md lists needs to own nothing", async () => {
    const schema = nextSchema();
    await (await open(schema)).close();
    await server().query(
      `CREATE ROLE application LOGIN; GRANT USAGE ON SCHEMA ${schema} TO application;
       GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${schema} TO application`,
    );

    await using store = await open(schema, { connectionString: as("application") });
    await store.stream("a").append({ type: "noted" });
    await store.stream("a").saveSnapshot({ projection: "p", version: 1, state: 1 });

    expect(await store.head()).toBe(1);
  });

  // Otherwise events would be parked that nothing is wrong with.
  test.each([
    ["to create in the schema", ""],
    ["to the tables of a read model", "CREATE, "],
  ])("a role without the rights %s ends a read model with what to do, and parks no event", async (_what, right) => {
    const schema = nextSchema();
    const owner = await open(schema);
    onTestFinished(() => owner.close());
    const rows = table("rows", "position INTEGER PRIMARY KEY");
    const definition = defineReadModel<Event<"noted">>({
      name: "model",
      tables: [rows],
      onError: "park",
      on: { noted: ({ position }) => sql`INSERT INTO ${rows} VALUES (${position})` },
    });
    const model = await owner.readModel(definition);
    await model.close();
    const role = `poor_${schema}`;
    await server().query(
      `CREATE ROLE ${role} LOGIN; GRANT ${right}USAGE ON SCHEMA ${schema} TO ${role};
       GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${schema} TO ${role};
       REVOKE ALL ON ${schema}."model.1.rows" FROM ${role}`,
    );
    await using store = await open(schema, { connectionString: as(role) });
    await store.stream("a").append({ type: "noted" });

    const refused = await store.readModel(definition);

    await expect(refused.caughtUp()).rejects.toMatchObject({
      code: "storage-unavailable",
      details: { reason: "42501" },
    });
    const again = await owner.readModel(definition);
    await again.caughtUp();
    expect(await again.parked()).toEqual([]);
    expect(await again.query(sql`SELECT position FROM ${rows}`)).toEqual([{ position: 1 }]);
  });

  test("a role without rights, an unknown role and an unknown database are refused when the store is opened", async () => {
    const schema = nextSchema();
    await (await open(schema)).close();
    await server().query("CREATE ROLE nobody_at_all LOGIN");
    const elsewhere = server().connectionString.replace("/postgres?", "/nowhere?");

    for (const [connectionString, reason] of [
      [as("nobody_at_all"), "42501"],
      [as("stranger"), "28000"],
      [elsewhere, "3D000"],
    ] as const) {
      await expect(open(schema, { connectionString })).rejects.toMatchObject({
        code: "storage-unavailable",
        details: { reason },
      });
    }
  });

  test("a database that only reads, as a standby does, refuses appends and serves reads", async () => {
    const schema = nextSchema();
    await (await open(schema)).close();
    await server().query(
      "CREATE ROLE standby LOGIN SUPERUSER; ALTER ROLE standby SET default_transaction_read_only = on",
    );
    await using store = await open(schema, { connectionString: as("standby") });

    expect(await store.head()).toBe(0);
    await expect(store.stream("a").append({ type: "noted" })).rejects.toMatchObject({ details: { reason: "25006" } });
  });

  test("an append waits for another writer for as long as it may, and goes on after it", async () => {
    const schema = nextSchema();
    await using store = await open(schema);
    const other = await connect(server().host);
    onTestFinished(() => other.end());
    await other.query("BEGIN");
    await other.query(`SELECT pg_advisory_xact_lock($1, '${schema}.events'::regclass::oid::int)`, [WRITERS]);

    await expect(store.stream("a").append({ type: "noted" })).rejects.toMatchObject({
      code: "storage-busy",
      details: { timeout: 100 },
    });
    expect(await store.head()).toBe(0);

    await other.query("COMMIT");
    expect(await store.stream("a").append({ type: "noted" })).toMatchObject({ position: 1 });
  });

  test("a transaction that somebody leaves open holds up no append, no read and no watch", async () => {
    const schema = nextSchema();
    await using store = await open(schema);
    const idle = await connect(server().host);
    onTestFinished(() => idle.end());
    await idle.query(`BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT txid_current(); SELECT * FROM ${schema}.events`);
    const watch = store.watch();

    await store.stream("a").append({ type: "noted" });

    expect((await watch.next()).value).toMatchObject({ position: 1 });
    expect(await store.read().toArray()).toHaveLength(1);
  });

  test("a statement that takes longer than the server allows is refused, and the store goes on", async () => {
    const schema = nextSchema();
    await using store = await open(schema);
    await server().query("CREATE ROLE hasty LOGIN SUPERUSER; ALTER ROLE hasty SET statement_timeout = '50ms'");
    await using hasty = await open(schema, { connectionString: as("hasty") });
    const other = await connect(server().host);
    onTestFinished(() => other.end());
    await other.query(`BEGIN; LOCK TABLE ${schema}.events`);

    await expect(hasty.head()).rejects.toMatchObject({ code: "storage-unavailable", details: { reason: "57014" } });
    await expect(hasty.stream("a").append({ type: "noted" })).rejects.toMatchObject({ details: { reason: "57014" } });

    await other.query("COMMIT");
    expect(await hasty.stream("a").append({ type: "noted" })).toMatchObject({ position: 1 });
    expect(await store.head()).toBe(1);
  });

  test.each([
    ["no space is left", "53100", "storage-full", {}],
    ["a value is too large", "54000", "storage-unavailable", { reason: "54000" }],
    ["a page is damaged", "XX001", "storage-corrupt", {}],
  ])(
    "when %s, only the append that meets it is refused, and nothing of it is stored",
    async (_what, sqlstate, code, details) => {
      const schema = nextSchema();
      await using store = await open(schema);
      await raiseFor(schema, "bad", sqlstate);

      const results = await Promise.allSettled(
        ["good", "bad", "good", "worse"].map((type, index) =>
          store.stream(`s-${index}`).append([{ type }, { type: type === "worse" ? "bad" : "good" }]),
        ),
      );

      expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "rejected"]);
      for (const result of results)
        if (result.status === "rejected") expect(result.reason).toMatchObject({ code, details });
      expect((await store.read().toArray()).map(({ position, stream }) => [position, stream])).toEqual([
        [1, "s-0"],
        [2, "s-0"],
        [3, "s-2"],
        [4, "s-2"],
      ]);
    },
  );

  test.each(["40001", "40P01"])("an append that loses against others (%s) is tried again", async (sqlstate) => {
    const schema = nextSchema();
    await using store = await open(schema, { busyTimeout: 5_000 });
    await server().query(`CREATE SEQUENCE ${schema}_tries`);
    await raiseFor(schema, "noted", sqlstate, `nextval('${schema}_tries') < 4`);

    const { position } = await store.stream("a").append({ type: "noted" });

    expect(position).toBe(1);
    expect(await server().query(`SELECT last_value::int AS tries FROM ${schema}_tries`)).toEqual([{ tries: 4 }]);
  });

  test.each(["repeatable read", "serializable"])(
    "stores whose role defaults to the isolation level %s append at once",
    async (level) => {
      const schema = nextSchema();
      const role = `of_${level.replace(" ", "_")}`;
      await server().query(
        `CREATE ROLE ${role} LOGIN SUPERUSER; ALTER ROLE ${role} SET default_transaction_isolation = '${level}'`,
      );
      const stores = [];
      for (let index = 0; index < 4; index++) {
        stores.push(await open(schema, { connectionString: as(role), busyTimeout: 10_000 }));
      }

      await Promise.all(
        stores.map(async (store, index) => {
          for (let n = 0; n < 10; n++) await store.stream(`s-${index % 2}`).append({ type: "noted", data: n });
        }),
      );

      const [first] = stores as [EventStore];
      expect((await first.read().toArray()).map(({ position }) => position)).toEqual(
        Array.from({ length: 40 }, (_, index) => index + 1),
      );
      for (const store of stores) await store.close();
    },
  );

  test.each([
    ["full", "on"],
    ["normal", "off"],
  ] as const)(
    "with durability %s an append commits with synchronous_commit = %s, whatever the role's default",
    async (durability, expected) => {
      const schema = nextSchema();
      await (await open(schema)).close();
      const role = `durable_${durability}`;
      const default_ = expected === "on" ? "off" : "on";
      await server().query(
        `CREATE ROLE ${role} LOGIN SUPERUSER; ALTER ROLE ${role} SET synchronous_commit = ${default_};
       CREATE TABLE ${schema}_seen (value text);
       CREATE FUNCTION ${schema}_see() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN INSERT INTO ${schema}_seen VALUES (current_setting('synchronous_commit')); RETURN NULL; END $$;
       CREATE CONSTRAINT TRIGGER see AFTER INSERT ON ${schema}.events DEFERRABLE INITIALLY DEFERRED
       FOR EACH ROW EXECUTE FUNCTION ${schema}_see()`,
      );
      await using store = await open(schema, { connectionString: as(role), durability });

      await store.stream("a").append({ type: "noted" });
      await store.stream("a").append([{ type: "noted" }, { type: "noted" }]);

      expect(await server().query(`SELECT DISTINCT value FROM ${schema}_seen`)).toEqual([{ value: expected }]);
    },
  );

  test("a pool whose connections are all in use is busy, and free again later", async () => {
    const schema = nextSchema();
    const pool = new pg.Pool({ connectionString: server().connectionString, max: 1 });
    onTestFinished(() => pool.end());
    await using store = await openEventStore(postgres({ pool, schema, busyTimeout: 100 }));
    const client = await pool.connect();

    await expect(store.head()).rejects.toMatchObject({ code: "storage-busy", details: { timeout: 100 } });
    await expect(store.stream("a").append({ type: "noted" })).rejects.toMatchObject({ code: "storage-busy" });

    client.release();
    expect(await store.head()).toBe(0);
    expect(await store.stream("a").append({ type: "noted" })).toMatchObject({ position: 1 });
  });

  test("a store leaves the application's pool open", async () => {
    const pool = new pg.Pool({ connectionString: server().connectionString });
    onTestFinished(() => pool.end());
    const store = await openEventStore(postgres({ pool, schema: nextSchema() }));
    await store.close();

    expect((await pool.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
  });

  async function raiseFor(schema: string, type: string, sqlstate: string, condition = "true"): Promise<void> {
    await server().query(
      `CREATE FUNCTION ${schema}_raise() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         IF ${condition} THEN RAISE EXCEPTION 'as if' USING ERRCODE = '${sqlstate}'; END IF;
         RETURN NEW;
       END $$;
       CREATE TRIGGER raise BEFORE INSERT ON ${schema}.events FOR EACH ROW WHEN (NEW.type = '${type}') EXECUTE FUNCTION ${schema}_raise()`,
    );
  }
});

describe.skipIf(mayBeLeftOut())("a server that goes away", () => {
  test("calls are refused once it stays away, and go through when it is back, without opening the store again", async () => {
    const server = await startPostgres();
    await using store = await openEventStore(postgres({ connectionString: server.connectionString, busyTimeout: 100 }));
    await store.stream("a").append({ type: "noted" });
    const watch = store.watch();
    expect((await watch.next()).value).toMatchObject({ position: 1 });
    const next = watch.next();
    await server.stopAtOnce();

    // As long as the end of a connection has not arrived, an append is sent over it, and its outcome is unknown.
    for (const call of [() => store.head(), () => store.stream("a").append({ type: "noted" })]) {
      await expect
        .poll(() => call().catch((error: unknown) => error))
        .toMatchObject({ code: "storage-unavailable", details: { reason: "connection" } });
    }

    await server.start();
    expect(await store.stream("a").append({ type: "noted" })).toMatchObject({ position: 2 });
    expect((await next).value).toMatchObject({ position: 2 });
  });
});
