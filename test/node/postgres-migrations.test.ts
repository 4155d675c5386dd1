import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { matches, openEventStore, type EventStore } from "rivulet";
import { postgres, type PostgresOptions } from "rivulet/postgres";
import { describe, expect, onTestFinished, test } from "vitest";
import { MIGRATIONS } from "../../dist/src/postgres/migrations.js";
import { rivulet, startRivulet } from "../support/command-line.ts";
import { connect } from "../support/postgres-client.ts";
import { mayBeLeftOut, usePostgres } from "../support/postgres.ts";
import { ROOT } from "../support/run-node.ts";
import { temporaryFolder } from "../support/temporary.ts";

/** The first number of the lock that an append takes: "rvlw" in ASCII. */
const WRITERS = 0x72766c77;

/** The lock of migrations: "rvlm" in ASCII. */
const MIGRATING = 0x72766c6d;

const PRESENT = MIGRATIONS.length;

/** How code of formats 1 and 2 stores an event. */
const APPEND = (schema: string): string =>
  `SELECT "${schema}".append_one(true, 10000, true, $1, NULL, NULL, $2, 'noted', 1, '1', NULL, 1000)`;

describe.skipIf(mayBeLeftOut())("a store on PostgreSQL of an older format", () => {
  const server = usePostgres();
  const older = MIGRATIONS.slice(0, -1).map((_, index) => index + 1);

  async function make(schema: string, format: number): Promise<void> {
    for (const migrate of MIGRATIONS.slice(0, format)) await server().query(migrate(`"${schema}"`));
    await server().query(`UPDATE "${schema}".meta SET value = '${format}' WHERE key = 'format'`);
  }

  /** Stores events as code does that knows of no index: types and users, of which some are rare. */
  async function insert(schema: string, first: number, last: number): Promise<void> {
    await server()
      .query(`INSERT INTO "${schema}".events (position, version, schema_version, timestamp, id, stream, type, data, metadata)
      SELECT n, n - ${first} + 1, 1, 2000, 'bulk-' || n, 'bulk from ${first}', CASE WHEN n % 2500 = 0 THEN 'rare' ELSE 'often' END, '1',
        '{"user":"user ' || CASE WHEN n % 3000 = 1 THEN 'rare' ELSE (n % 5)::text END || '"}' FROM generate_series(${first}, ${last}) AS n`);
  }

  /** Which segments are indexed, and how many of the first ones are not by each key. */
  async function indexed(schema: string): Promise<unknown> {
    const rows = await server().query<{ segment: number }>(
      `SELECT segment FROM "${schema}".event_blocks WHERE term = 0 ORDER BY segment`,
    );
    const keys = await server().query<{ key: string; missing: string }>(`SELECT * FROM "${schema}".indexed_metadata`);
    return {
      segments: rows.map(({ segment }) => segment),
      keys: keys.map(({ key, missing }) => [key, Number(missing)]),
    };
  }

  async function expectFound(store: EventStore): Promise<void> {
    const all = await store.read().toArray();
    for (const filter of [{ types: ["rare"] }, { metadata: { user: "user rare" } }, { types: ["noted"] }]) {
      const wanted = all.filter((event) => matches(filter, event));
      expect(wanted.length).toBeGreaterThan(0);
      expect(await store.read(filter).toArray()).toEqual(wanted);
      expect(await store.read({ ...filter, direction: "backward" }).toArray()).toEqual(
        wanted.map((_, index) => wanted.at(-1 - index)),
      );
    }
  }

  test.each(older)("of format %i is migrated when it is opened, with its events and its lineage", async (format) => {
    const schema = `format_${format}`;
    await make(schema, format);
    const [{ lineage } = { lineage: "" }] = await server().query<{ lineage: string }>(
      `SELECT value AS lineage FROM "${schema}".meta WHERE key = 'lineage'`,
    );
    const client = await connect(server().host);
    await client.query(APPEND(schema), ["a", "first"]);
    await client.end();

    await insert(schema, 2, 9_000);
    const { connectionString } = server();
    await using store = await openEventStore(postgres({ connectionString, schema, indexedMetadata: ["user"] }));
    await store.stream("a").append({ type: "noted", id: "second" }, { expectedVersion: 1 });

    expect(await store.info()).toMatchObject({ formatVersion: PRESENT, lineage });
    expect(await indexed(schema)).toEqual({ segments: [0, 1], keys: [['"user"', 0]] });
    await expectFound(store);
    expect(
      (await store.read({ streams: ["a"] }).toArray()).map(({ id, timestamp }) => [id, timestamp >= 1_000]),
    ).toEqual([
      ["first", true],
      ["second", true],
    ]);
    expect(rivulet(["verify", `${connectionString}&schema=${schema}`])).toMatchObject({ code: 0, output: "" });
  });

  test.each([["inspect"], ["verify", "--projections"]])("is refused by %s, and stays as it was", async (...command) => {
    const schema = `refused_by_${command[0]}`;
    await make(schema, PRESENT - 1);
    const address = `${server().connectionString}&schema=${schema}`;
    const [name = "", ...options] = command;
    const module = join(temporaryFolder(), "projections.mjs");
    const door = pathToFileURL(join(ROOT, "dist/src/projections/index.js")).href;
    writeFileSync(
      module,
      `import { defineProjection } from ${JSON.stringify(door)};
      export const none = defineProjection({ name: "none", initial: () => 0, on: {} });`,
    );

    const asked = startRivulet(name, address, ...options, ...options.map(() => module));
    onTestFinished(() => asked.kill());
    const { code, errors } = await asked.ended;

    expect(code).toBe(3);
    expect(errors).toContain(`format ${PRESENT - 1}`);
    expect(await server().query(`SELECT value FROM "${schema}".meta WHERE key = 'format'`)).toEqual([
      { value: String(PRESENT - 1) },
    ]);
  });

  test("is migrated while code of the older format appends, which goes on, and cannot append to what is followed then", async () => {
    const schema = "at_work";
    await make(schema, PRESENT - 1);
    const client = await connect(server().host);
    const append = (stream: string, id: string): Promise<{ rows: { append_one: string | null }[] }> =>
      client.query({ name: "append", text: APPEND(schema), values: [stream, id] });
    let stored = 0;
    let working = true;
    const work = (async () => {
      for (; working || stored < 50; stored++) await append("a", `old-${stored}`);
    })();
    await expect.poll(() => stored).toBeGreaterThan(10);

    const { storage } = await postgres({ connectionString: server().connectionString, schema }).open();
    const migratedAt = stored;
    await expect.poll(() => stored).toBeGreaterThan(migratedAt + 10);
    working = false;
    await work;

    expect(await storage.head()).toBe(stored);
    await storage.sync?.follow([{ kind: "stream", name: "a" }]);
    expect((await append("a", "refused")).rows).toEqual([{ append_one: null }]);
    expect(await storage.head()).toBe(stored);
    await client.end();
    await storage.close();
  });

  test("events are indexed by what code of the older format stores, and what was stored without the index is made up for", async () => {
    const schema = "old_writer";
    const { connectionString } = server();
    await make(schema, PRESENT - 1);
    await using store = await openEventStore(postgres({ connectionString, schema, indexedMetadata: ["user"] }));
    const client = await connect(server().host);
    await insert(schema, 1, 4_090);
    for (let n = 1; n <= 6; n++) await client.query(APPEND(schema), ["a", `old-${n}`]);
    expect(await indexed(schema)).toEqual({ segments: [0], keys: [['"user"', 0]] });
    await expectFound(store);

    // As a call that began before the migration, and goes on after it.
    await insert(schema, 4_097, 8_200);
    expect(await indexed(schema)).toMatchObject({ segments: [0] });
    await expectFound(store);

    await insert(schema, 8_201, 12_280);
    for (let n = 7; n <= 14; n++) await client.query(APPEND(schema), ["a", `old-${n}`]);
    await client.end();
    expect(await indexed(schema)).toMatchObject({ segments: [0, 1, 2] });
    await expectFound(store);
    expect(rivulet(["verify", `${connectionString}&schema=${schema}`])).toMatchObject({ code: 0, output: "" });
  });

  test("an indexing that was interrupted misleads nobody, and the next opening completes it", async () => {
    const schema = "interrupted";
    const { connectionString } = server();
    const open = (...keys: string[]): Promise<EventStore> =>
      openEventStore(postgres({ connectionString, schema, indexedMetadata: keys }));
    await make(schema, PRESENT - 1);
    await insert(schema, 1, 24_600);
    await using first = await open("user");
    await first.stream("a").append({ type: "noted" });
    await server().query(`DELETE FROM "${schema}".event_blocks WHERE segment BETWEEN 0 AND 4 AND term <> 0
        AND term NOT IN (SELECT "${schema}".term_of('t' || type) FROM (VALUES ('often'), ('rare')) AS of (type));
      DELETE FROM "${schema}".event_blocks WHERE segment > 4; UPDATE "${schema}".indexed_metadata SET missing = 5`);

    await using without = await open();
    expect(await indexed(schema)).toEqual({ segments: [0, 1, 2, 3, 4, 5], keys: [['"user"', 5]] });
    await expectFound(without);
    await using again = await open("user");
    expect(await indexed(schema)).toMatchObject({ keys: [['"user"', 0]] });
    for (const store of [first, without, again]) await expectFound(store);
    expect(rivulet(["verify", `${connectionString}&schema=${schema}`])).toMatchObject({ code: 0 });

    // What the index lacks is found by nobody but verify.
    await server().query(
      `DELETE FROM "${schema}".event_blocks WHERE segment = 2 AND term = "${schema}".term_of('trare')`,
    );
    await server().query(
      `UPDATE "${schema}".event_blocks SET blocks = 0 WHERE segment = 0 AND term = "${schema}".term_of('"user":"user rare"')`,
    );
    expect(await again.read({ types: ["rare"], upTo: 12_500 }).toArray()).toHaveLength(4);
    const { output } = rivulet(["verify", `${connectionString}&schema=${schema}`]);
    expect(output.split("\n")).toEqual([
      "event\tposition 10000\treads by its type do not find it",
      "event\tposition 1\treads by its metadata do not find it",
      "event\tposition 3001\treads by its metadata do not find it",
      "",
    ]);
  });

  test("whoever could read and write events can do so with their index; who cannot write it leaves that to others", async () => {
    const schema = "rights";
    const { connectionString } = server();
    await make(schema, PRESENT - 1);
    const login = connectionString.replace("user=rivulet", "user=worker");
    await server().query(`CREATE ROLE worker LOGIN; GRANT USAGE ON SCHEMA "${schema}" TO worker;
      GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA "${schema}" TO worker`);
    await using owner = await openEventStore(postgres({ connectionString, schema }));
    await using worker = await openEventStore(postgres({ connectionString: login, schema, indexedMetadata: ["user"] }));
    await insert(schema, 1, 4_095);

    await worker.stream("a").append({ type: "noted" });
    expect(await indexed(schema)).toEqual({ segments: [0], keys: [['"user"', 0]] });
    await server().query(`REVOKE INSERT ON "${schema}".event_blocks FROM worker`);
    await insert(schema, 4_097, 8_191);
    await worker.stream("a").append({ type: "noted" });

    expect(await indexed(schema)).toMatchObject({ segments: [0] });
    for (const store of [owner, worker]) await expectFound(store);
    await insert(schema, 8_193, 12_287);
    await owner.stream("a").append({ type: "noted" });
    expect(await indexed(schema)).toMatchObject({ segments: [0, 1, 2] });
  });

  test.each(older)(
    "of format %i that a superuser migrates stays its owner's, and callable for other roles",
    async (format) => {
      const schema = `owned_${format}`;
      const [owner, worker] = [`owner_${format}`, `worker_${format}`];
      const as = (role: string): PostgresOptions => ({
        connectionString: server().connectionString.replace("user=rivulet", `user=${role}`),
        schema,
      });
      const client = await connect(server().host);
      onTestFinished(async () => {
        await client.query("ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO PUBLIC");
        await client.end();
      });
      await client.query(`CREATE ROLE ${owner} LOGIN; CREATE ROLE ${worker} LOGIN; GRANT CREATE ON DATABASE postgres TO ${owner};
      ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
      ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC; SET ROLE ${owner}`);
      for (const migrate of MIGRATIONS.slice(0, format)) await client.query(migrate(`"${schema}"`));
      await client.query(`UPDATE ${schema}.meta SET value = '${format}' WHERE key = 'format'; RESET ROLE`);
      await client.query(
        `GRANT USAGE ON SCHEMA ${schema} TO ${worker}; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA ${schema} TO ${worker}`,
      );
      await insert(schema, 1, 4_094);

      await (await openEventStore(postgres({ connectionString: server().connectionString, schema }))).close();
      await client.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${schema} TO ${worker}`);
      await using owners = await openEventStore(postgres({ ...as(owner), indexedMetadata: ["user"] }));
      await owners.stream("a").append({ type: "noted" });
      await using workers = await openEventStore(postgres(as(worker)));
      await workers.stream("a").append({ type: "noted" });
      expect(await indexed(schema)).toEqual({ segments: [0], keys: [['"user"', 0]] });
      await insert(schema, 4_097, 8_191);
      for (const store of [owners, workers]) await expectFound(store);

      // An index that cannot be written prevents no append.
      await client.query(`REVOKE EXECUTE ON FUNCTION ${schema}.index_segments FROM ${worker}`);
      await workers.stream("a").append({ type: "noted" });
      expect(await owners.head()).toBe(8_192);
    },
  );

  test("is opened while a writer stands still, and by a role that only reads, although there is something to index", async () => {
    const schema = "stalled";
    const { connectionString } = server();
    const options = { connectionString, schema, busyTimeout: 100 };
    await make(schema, PRESENT);
    await insert(schema, 1, 9_000);
    await server().query(`CREATE ROLE stalled_reader LOGIN; GRANT USAGE ON SCHEMA ${schema} TO stalled_reader;
      GRANT SELECT ON ALL TABLES IN SCHEMA ${schema} TO stalled_reader`);
    const waiting = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
    const reader = {
      ...options,
      busyTimeout: 10_000,
      connectionString: connectionString.replace("user=rivulet", "user=stalled_reader"),
    };
    const writer = await connect(server().host);
    await writer.query(`BEGIN; SELECT pg_advisory_xact_lock(${WRITERS}, '${schema}.events'::regclass::oid::int)`);
    // Another schema is migrated meanwhile, which is nothing to one of the present format.
    await writer.query(`SELECT pg_advisory_xact_lock(${MIGRATING})`);

    // The owner waits for a while, in order to index; others never do.
    for (const [one, waits] of [
      [options, true],
      [reader, false],
    ] as const) {
      let open = false;
      const opening = openEventStore(postgres({ ...one, indexedMetadata: ["user"] })).finally(() => (open = true));
      let waited = false;
      while (!open) {
        const seen = await server().query(waiting);
        waited ||= seen.length > 0;
      }
      await using store = await opening;
      expect(waited).toBe(waits);
      expect(await store.read({ types: ["rare"] }).toArray()).toHaveLength(3);
    }
    expect(await server().query(waiting)).toEqual([]);
    await writer.query("ROLLBACK");
    await writer.end();

    await (await openEventStore(postgres({ ...reader, indexedMetadata: ["user"] }))).close();
    expect(await indexed(schema)).toEqual({ segments: [], keys: [] });
    await (await openEventStore(postgres({ ...options, indexedMetadata: ["user"] }))).close();
    expect(await indexed(schema)).toEqual({ segments: [0, 1], keys: [['"user"', 0]] });
  });
});
