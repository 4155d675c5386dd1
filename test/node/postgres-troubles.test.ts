import { spawnSync } from "node:child_process";
import { chownSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openEventStore, type EventStore } from "rivulet";
import { openPostgresStorage, type PostgresDriver } from "rivulet/adapter";
import { postgres } from "rivulet/postgres";
import { describe, expect, onTestFinished, test } from "vitest";
import { openDriver } from "../../dist/adapters/postgres/pg-driver.js";
import { startScript } from "../support/child.ts";
import { failure } from "../support/outcome.ts";
import { connect } from "../support/postgres-client.ts";
import { IDENTITY } from "../support/postgres-server.ts";
import { mayBeLeftOut, startPostgres, usePostgres, type Postgres } from "../support/postgres.ts";
import { sums, sumsOf } from "../support/sums-model.ts";
import { temporaryFolder } from "../support/temporary.ts";

/** The first number of the lock that an append takes: "rvlw" in ASCII. */
const WRITERS = 0x72766c77;

const counted = (from: number, count: number): { type: "counted"; data: { n: number } }[] =>
  Array.from({ length: count }, (_, index) => ({ type: "counted", data: { n: from + index } }));
const sumTo = (n: number): { rows: number; count: number; sum: number }[] => [
  { rows: n, count: n, sum: (n * (n + 1)) / 2 },
];

describe.skipIf(mayBeLeftOut())("what goes wrong at a PostgreSQL server", () => {
  const server = usePostgres();
  let count = 0;

  async function open(schema: string, user = "rivulet"): Promise<EventStore> {
    const connectionString = server().connectionString.replace("user=rivulet", `user=${user}`);
    const store = await openEventStore(postgres({ connectionString, schema }));
    onTestFinished(() => store.close());
    return store;
  }

  /** Makes a role whose sessions have a setting. */
  async function roleWith(name: string, setting: string): Promise<string> {
    await server().query(`CREATE ROLE ${name} LOGIN SUPERUSER; ALTER ROLE ${name} SET ${setting}`);
    return name;
  }

  /** Resolves once so many sessions of a role wait for a lock. */
  async function waits(role: string): Promise<void> {
    const text = `SELECT 1 FROM pg_stat_activity WHERE usename = '${role}' AND wait_event_type = 'Lock'`;
    await expect.poll(async () => (await server().query(text)).length, { interval: 5 }).toBe(1);
  }

  test("an append that the server chooses as the victim of a deadlock is stored once", async () => {
    const schema = `troubles_${++count}`;
    await (await open(schema)).close();
    const store = await open(schema, await roleWith("victim", "deadlock_timeout = '200ms'"));
    const other = await connect(server().host);
    onTestFinished(() => other.end());
    const deadlocks = "SELECT deadlocks::int AS n FROM pg_stat_database WHERE datname = 'postgres'";
    const [before] = await server().query<{ n: number }>(deadlocks);
    await other.query("SET deadlock_timeout = '1h'");
    await other.query(`BEGIN; LOCK TABLE ${schema}.events IN SHARE MODE`);
    const appended = store.stream("a").append(counted(1, 1));
    await waits("victim");

    // Each waits for the other.
    await other.query(`SELECT pg_advisory_xact_lock($1, '${schema}.events'::regclass::oid::int)`, [WRITERS]);
    await other.query("COMMIT");

    expect(await appended).toMatchObject({ position: 1, version: 1 });
    expect(await store.read().toArray()).toHaveLength(1);
    const since = async (): Promise<number> =>
      ((await server().query<{ n: number }>(deadlocks))[0]?.n ?? 0) - (before?.n ?? 0);
    await expect.poll(since, { interval: 20 }).toBe(1);
  });

  test("a batch of a read model that is the victim of a deadlock is applied once", async () => {
    const schema = `troubles_${++count}`;
    const store = await open(schema, await roleWith("batches", "deadlock_timeout = '200ms'"));
    const model = await store.readModel(sums);
    await store.stream("a").append(counted(1, 10));
    await model.caughtUp();
    const other = await connect(server().host);
    onTestFinished(() => other.end());
    await other.query("SET deadlock_timeout = '1h'");
    await other.query(`BEGIN; LOCK TABLE ${schema}."sums.1.numbers" IN SHARE MODE`);
    await store.stream("a").append(counted(11, 10));
    await waits("batches");

    await other.query(`SELECT * FROM ${schema}.models FOR UPDATE`);
    await other.query("COMMIT");

    await model.caughtUp();
    expect(await model.query(sumsOf)).toEqual(sumTo(20));
  });

  test("a batch whose transaction the server ends because it is idle is applied once", async () => {
    const schema = `troubles_${++count}`;
    const role = await roleWith("idlers", "idle_in_transaction_session_timeout = '100ms'");
    const connectionString = server().connectionString.replace("user=rivulet", `user=${role}`);
    const driver = openDriver({ connectionString, busyTimeout: 10_000 });
    const ended = async (): Promise<boolean> =>
      (await server().query(`SELECT 1 FROM pg_stat_activity WHERE usename = '${role}' AND state LIKE 'idle in%'`))
        .length === 0;
    let stalls = 0;
    /** As if the process stopped for a while in the middle of a transaction. */
    const stalling: PostgresDriver = {
      ...driver,
      transaction: (work) =>
        driver.transaction((query, ask) =>
          work(query, async (...call) => {
            const result = await ask(...call);
            if (stalls-- > 0) await expect.poll(ended, { interval: 20 }).toBe(true);
            return result;
          }),
        ),
    };
    const options = { schema, durability: "full", busyTimeout: 10_000 } as const;
    await using store = await openEventStore({
      name: "stalling",
      open: async () => ({ storage: await openPostgresStorage(stalling, options), verbs: {} }),
    });
    const model = await store.readModel(sums);
    await store.stream("a").append(counted(1, 10));
    await model.caughtUp();

    stalls = 1;
    await store.stream("a").append(counted(11, 10));

    await model.caughtUp();
    expect(stalls).toBeLessThan(1);
    expect(await model.query(sumsOf)).toEqual(sumTo(20));
  });

  test("on a disk that is full, where one can be mounted, an append that does not fit is refused, and later ones are stored", async () => {
    const schema = `troubles_${++count}`;
    const store = await open(schema);
    const folder = temporaryFolder();
    if (spawnSync("mount", ["-t", "tmpfs", "-o", "size=8m,mode=755", "tmpfs", folder]).status !== 0) return;
    onTestFinished(() => void spawnSync("umount", ["--lazy", folder]));
    if (IDENTITY.uid !== undefined) chownSync(folder, IDENTITY.uid, IDENTITY.gid as number);
    await server().query(`CREATE TABLESPACE small LOCATION '${folder}'`);
    for (const statement of [
      `TABLE ${schema}.events`,
      ...["pkey", "uuid_key", "stream_version_key", "id", "first"].map((name) => `INDEX ${schema}.events_${name}`),
    ]) {
      await server().query(`ALTER ${statement} SET TABLESPACE small`);
    }
    const ballast = join(folder, "ballast");
    writeFileSync(ballast, Buffer.alloc(5 << 20));
    // Not compressible.
    const large = (): string => Array.from({ length: 200_000 }, () => Math.random().toString(36).slice(2, 12)).join("");
    await store.stream("small").append({ type: "noted" });

    const [refused] = await Promise.all([
      failure(
        store.stream("large").append([
          { type: "noted", data: large() },
          { type: "noted", data: large() },
        ]),
        "storage-full",
      ),
      ...[1, 2, 3].map((data) => store.stream("small").append({ type: "noted", data })),
    ]);

    expect(refused.message).toMatch(/no space is left/);
    expect(await store.head()).toBe(4);
    rmSync(ballast);
    await store.stream("large").append([
      { type: "noted", data: large() },
      { type: "noted", data: large() },
    ]);
    expect((await store.read().toArray()).map(({ position, stream, version }) => [position, stream, version])).toEqual([
      [1, "small", 1],
      [2, "small", 2],
      [3, "small", 3],
      [4, "small", 4],
      [5, "large", 1],
      [6, "large", 2],
    ]);
  });
});

describe.skipIf(mayBeLeftOut())("a read model on PostgreSQL", () => {
  test("counts every event once, though processes and backends are killed in the middle of its batches", async () => {
    const server = await startPostgres();
    const schema = "killed";
    const { connectionString } = server;
    await using store = await openEventStore(postgres({ connectionString, schema }));
    const first = await store.readModel(sums);
    await first.close();
    // So that each part of a batch lasts long enough to be met: its statements, and its checkpoint.
    await server.query(
      `CREATE FUNCTION ${schema}.linger() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN PERFORM pg_sleep(TG_ARGV[0]::float); RETURN NEW; END $$;
       CREATE TRIGGER linger BEFORE INSERT ON ${schema}."sums.1.numbers" FOR EACH ROW EXECUTE FUNCTION ${schema}.linger(0.001);
       CREATE TRIGGER linger BEFORE UPDATE ON ${schema}.models FOR EACH ROW EXECUTE FUNCTION ${schema}.linger(0.1)`,
    );
    let child = startScript("postgres-model", connectionString, schema);
    let total = 0;
    for (let round = 0; round < 6; round++) {
      await store.stream("a").append(counted(total + 1, 150));
      total += 150;
      const backend = await inBatch(server, round % 4 < 2 ? "%run_statements%" : "UPDATE%models%");
      if (round % 2 === 0) {
        child.kill();
        await child.ended;
        child = startScript("postgres-model", connectionString, schema);
      } else process.kill(backend, "SIGKILL");
    }
    child.kill();
    await child.ended;

    const model = await store.readModel(sums);
    await model.caughtUp();
    expect(await model.query(sumsOf)).toEqual(sumTo(total));
  });
});

/** Resolves with the process of the server that is running a part of a batch. */
async function inBatch(server: Postgres, part: string): Promise<number> {
  const text = `SELECT pid FROM pg_stat_activity WHERE state = 'active' AND wait_event = 'PgSleep' AND query LIKE '${part}'`;
  let pid = 0;
  const find = async (): Promise<number> => (pid = (await server.query<{ pid: number }>(text))[0]?.pid ?? 0);
  await expect.poll(find, { interval: 5 }).toBeGreaterThan(0);
  return pid;
}
