import Database from "better-sqlite3";
import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { sql } from "rivulet/read-models";
import pg from "pg";
import { postgres } from "rivulet/postgres";
import { describe, expect, test } from "vitest";
import { startScriptOn } from "../support/child.ts";
import { ENGINES } from "../support/odd-files.ts";
import { accounts, balances, everyBalance } from "../support/sync/balances.ts";
import { startLocalHub } from "../support/sync/local-hub.ts";
import { mayBeLeftOut, usePostgres } from "../support/postgres.ts";
import { temporaryPath } from "../support/temporary.ts";

const endless = sql`WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c) SELECT count(*) FROM c, ${accounts}`;

/** What is in a file, apart from leases, which every opening renews. */
function dump(path: string): unknown {
  const database = new Database(path, { readonly: true });
  try {
    const schema = database.prepare("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name").all();
    const tables = (schema as { type: string; name: string }[]).filter(
      ({ type, name }) => type === "table" && name !== "leases",
    );
    return [
      schema,
      database.pragma("integrity_check"),
      tables.map(({ name }) => [
        name,
        database.prepare(`SELECT * FROM "${name}" ${name === "meta" ? "WHERE key <> 'last_lease'" : ""}`).all(),
      ]),
    ];
  } finally {
    database.close();
  }
}

/** Whether somebody holds the write lock. */
function isLocked(path: string): boolean {
  const database = new Database(path, { timeout: 0 });
  try {
    database.exec("BEGIN IMMEDIATE; ROLLBACK");
    return false;
  } catch {
    return true;
  } finally {
    database.close();
  }
}

/** Whether somebody has locked a model's row. */
async function isLockedModel(connectionString: string): Promise<boolean> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return (await client.query("SELECT FROM replica.models FOR UPDATE SKIP LOCKED")).rows.length === 0;
  } finally {
    await client.end();
  }
}

test.each(ENGINES)(
  "a query with what is pending leaves the file as it is, also where it fails, is aborted or takes too long, or its process is killed: %s",
  async (engine) => {
    const path = temporaryPath();
    const child = startScriptOn(engine, "pending-query", path);
    await child.line("queued");
    const before = dump(path);

    child.send("ask");
    expect(JSON.parse(await child.line("{"))).toEqual({
      labels: ["own", "one", "three"],
      pending: 2,
      failed: 1,
      codes: ["enough", "query-timeout", "invalid-argument", "invalid-argument"],
      length: 3,
    });
    expect(dump(path)).toEqual(before);
    child.send("hang");
    // The replica renews a lease now and then: only a query holds the lock for long.
    let held = 0;
    await expect
      .poll(() => (held = isLocked(path) ? held + 1 : 0), { timeout: 60_000, interval: 5 })
      .toBeGreaterThanOrEqual(5);
    child.kill();
    await child.ended;
    await expect.poll(() => isLocked(path), { timeout: 60_000, interval: 5 }).toBe(false);
    expect(dump(path)).toEqual(before);
  },
);

test("appends go on after a query with what is pending that takes too long", async () => {
  const hub = await startLocalHub();
  const path = temporaryPath();
  const { store, replica } = await hub.replica(betterSqlite3({ path }));
  const model = await store.readModel(balances);
  await using other = await openEventStore(betterSqlite3({ path }));
  await replica.stream("account-1").append({ type: "deposited", data: { amount: 5, label: "pending" } });
  const asked = replica.query(model, endless, { timeout: 1_000 });
  asked.catch(() => undefined);
  await expect.poll(() => isLocked(path), { timeout: 60_000, interval: 5 }).toBe(true);

  const appended = await Promise.all(
    [store, other].flatMap((one) =>
      ["a", "b", "c"].map((stream) =>
        one.stream(stream).append({ type: "deposited", data: { amount: 1, label: "stored" } }),
      ),
    ),
  );

  await expect(asked).rejects.toMatchObject({ code: "query-timeout", details: { timeout: 1_000 } });
  expect(appended.map(({ position }) => position).sort((first, second) => first - second)).toEqual([1, 2, 3, 4, 5, 6]);
  expect((await replica.query(model, everyBalance)).rows).toEqual(
    ["a", "account-1", "b", "c"].map((name) => ({ name, balance: name === "account-1" ? 5 : 2 })),
  );
});

test("a long query that is given up holds up nobody, whether it runs or waits", async () => {
  const hub = await startLocalHub();
  const path = temporaryPath();
  const { store, replica } = await hub.replica(betterSqlite3({ path }));
  const model = await store.readModel(balances);
  await replica.stream("account-1").append({ type: "deposited", data: { amount: 5, label: "pending" } });
  const long = sql`WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 9) SELECT count(*) AS n FROM c, ${accounts}`;
  const first = new AbortController();
  const asked = replica.query(model, endless, { timeout: 10_000, signal: first.signal });
  await expect.poll(() => isLocked(path), { timeout: 60_000, interval: 5 }).toBe(true);
  first.abort("enough");
  await expect(asked).rejects.toBe("enough");
  expect(await replica.query(model, long)).toMatchObject({ rows: [{ n: 9 }], pending: 1 });

  // One is running, the other waits for it. Neither would ever end.
  const second = new AbortController();
  const both = [1, 2].map(() => model.query(endless, { timeout: 1_000_000, signal: second.signal }));
  await new Promise((resolve) => setImmediate(resolve));
  second.abort("enough");
  for (const one of both) await expect(one).rejects.toBe("enough");
  expect(await replica.query(model, long)).toMatchObject({ rows: [{ n: 9 }], pending: 1 });
});

describe.skipIf(mayBeLeftOut())("on a PostgreSQL server", () => {
  const server = usePostgres();

  test("appends do not wait for a query with what is pending, and it leaves nothing behind when it is given up", async () => {
    const hub = await startLocalHub();
    const { connectionString } = server();
    const { store, replica } = await hub.replica(postgres({ connectionString, schema: "replica" }));
    const model = await store.readModel(balances);
    await replica.stream("account-1").append({ type: "deposited", data: { amount: 5, label: "pending" } });
    const aborting = new AbortController();
    let settled = false;
    const asked = replica.query(model, endless, { timeout: 10_000, signal: aborting.signal });
    asked.catch(() => undefined).finally(() => (settled = true));
    await using other = await openEventStore(postgres({ connectionString, schema: "replica" }));
    await expect.poll(() => isLockedModel(connectionString), { timeout: 60_000, interval: 5 }).toBe(true);

    for (const one of [store, other])
      await one.stream("own").append({ type: "deposited", data: { amount: 1, label: "own" } });

    expect(settled).toBe(false);
    aborting.abort("enough");
    await expect(asked).rejects.toBe("enough");
    await model.caughtUp();
    expect(await model.query(everyBalance)).toEqual([{ name: "own", balance: 2 }]);
    expect((await replica.query(model, everyBalance)).rows).toHaveLength(2);
  });
});
