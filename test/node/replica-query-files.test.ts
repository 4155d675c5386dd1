import { existsSync } from "node:fs";
import Database from "better-sqlite3";
import { isEventStoreError, openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { defineReadModel, sql, table } from "rivulet/read-models";
import pg from "pg";
import { postgres } from "rivulet/postgres";
import { describe, expect, test } from "vitest";
import { startScriptOn } from "../support/child.ts";
import { childrenOf, isRunning, secondsOf } from "../support/children.ts";
import { ENGINES } from "../support/odd-files.ts";
import { accounts, balances, everyBalance } from "../support/sync/balances.ts";
import type { BankEvent } from "../support/sync/bank.ts";
import { startLocalHub } from "../support/sync/local-hub.ts";
import { mayBeLeftOut, usePostgres } from "../support/postgres.ts";
import { temporaryPath } from "../support/temporary.ts";

const endless = sql`WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c) SELECT count(*) FROM c, ${accounts}`;

/** One of the kind that is run in a process of its own, because it might be endless. */
const short = sql`WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 9) SELECT count(*) AS n FROM c, ${accounts}`;

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

/**
 * Looks at the process that another has started for its queries, and that has none to run now. The returned function returns the id of the
 * one that computes since then, if there is any.
 */
function queryProcessOf(parent: number): () => number | undefined {
  const before = new Map(childrenOf(parent).map((id) => [id, secondsOf(id)]));
  return () => childrenOf(parent).find((id) => secondsOf(id) - (before.get(id) ?? 0) > 0.1);
}

interface Asking {
  /** Begins a query that would never end, and fails with the signal's reason. */
  ask(signal: AbortSignal): Promise<unknown>;
  runs(): boolean | Promise<boolean>;
  meanwhile?(): Promise<void>;
}

/**
 * Does something while a query runs, and gives it up, which must be before the query ends by itself. On a slow machine its ten seconds may be
 * over before: then all of it is done again, a few times. What waits for the query would need more.
 */
async function whileAsking(begin: () => Promise<Asking>): Promise<void> {
  for (let left = 4; ; left--) {
    const { ask, runs, meanwhile } = await begin();
    const giveUp = new AbortController();
    let end: { readonly reason: unknown } | undefined;
    const ended = ask(giveUp.signal).then(
      (answer) => (end = { reason: answer }),
      (reason: unknown) => (end = { reason }),
    );
    const running = async (): Promise<boolean> => end !== undefined || runs();
    await expect.poll(running, { interval: 5 }).toBe(true);
    if (end === undefined) await meanwhile?.();
    giveUp.abort("enough");
    const { reason } = await ended;
    if (left > 0 && isEventStoreError(reason, "query-timeout")) continue;
    expect(reason).toBe("enough");
    return;
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
    const computing = queryProcessOf(child.pid);
    child.send("hang");
    await expect.poll(computing).toBeDefined();
    const left = childrenOf(child.pid);
    child.kill();
    await child.ended;
    await expect.poll(() => left.some(isRunning)).toBe(false);
    expect(dump(path)).toEqual(before);
  },
);

test("the copies of tables on which such a query runs are like the tables: rows, their numbers, keys, defaults, generated columns, indexes", async () => {
  const odd = table(
    "odd",
    `"rowid" TEXT NOT NULL UNIQUE, "a ""quoted"" one" INTEGER DEFAULT 3, n REAL, twice REAL AS (n * 2) STORED, half REAL AS (n / 2)`,
    {
      indexes: [`"rowid" DESC`, "n"],
    },
  );
  const keyed = table("keyed", "id INTEGER PRIMARY KEY, body BLOB");
  const slow = sql`INSERT INTO ${keyed} (body) WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 9) SELECT zeroblob(max(i)) FROM c`;
  const hub = await startLocalHub();
  const { store, replica } = await hub.replica(betterSqlite3({ path: temporaryPath() }));
  const model = await store.readModel(
    defineReadModel<BankEvent>({
      name: "odd",
      tables: [odd, keyed],
      on: {
        noted: ({ data: { label }, position }) => [
          sql`INSERT INTO ${odd} ("rowid", n) VALUES (${label}, ${position}) ON CONFLICT ("rowid") DO UPDATE SET n = n + 100`,
          sql`INSERT INTO ${keyed} (body) VALUES (zeroblob(2))`,
          ...(label === "long" ? [slow] : []),
          ...(label === "gone" ? [sql`DELETE FROM ${odd} WHERE "rowid" = 'one'`] : []),
        ],
      },
    }),
  );
  const note = (label: string) => ({ type: "noted", data: { label } });
  for (const label of ["one", "two", "gone", "three"]) await store.stream("own").append(note(label));
  await model.caughtUp();
  for (const label of ["two", "four", "five"]) await replica.stream("account-1").append(note(label));
  const rows = sql`SELECT odd._rowid_ AS number, odd.*, id, body FROM ${odd} AS odd LEFT JOIN ${keyed} ON id = odd._rowid_`;
  const there = await replica.query(
    model,
    sql`WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 9) ${rows} WHERE (SELECT max(i) FROM c) = 9 ORDER BY 1`,
  );

  expect(there).toEqual(await replica.query(model, sql`${rows} ORDER BY 1`));
  expect(there.rows).toHaveLength(5);
  expect(there.rows[0]).toMatchObject({ number: 2, rowid: "two", 'a "quoted" one': 3, n: 102, twice: 204, half: 51 });

  // The same process applies a statement to the tables that it later runs on their copies.
  for (const one of [store, replica]) await one.stream(one === store ? "own" : "account-1").append(note("long"));
  await model.caughtUp();
  const long = await replica.query(model, sql`SELECT count(*) AS n FROM ${keyed} WHERE length(body) = 9`);
  expect(long).toMatchObject({ rows: [{ n: 2 }], pending: 4 });
});

describe.skipIf(!existsSync("/proc/self/stat"))("while a query with what is pending runs that would never end", () => {
  test("other processes append, which do not wait for it", async () => {
    const hub = await startLocalHub();
    const path = temporaryPath();
    const { store, replica } = await hub.replica(betterSqlite3({ path }));
    const model = await store.readModel(balances);
    // It fails if anybody holds the write lock for long.
    await using other = await openEventStore(betterSqlite3({ path, busyTimeout: 1_000 }));
    await replica.stream("account-1").append({ type: "deposited", data: { amount: 5, label: "pending" } });
    let own = 0;

    await whileAsking(async () => {
      await replica.query(model, short);
      const computing = queryProcessOf(process.pid);
      return {
        runs: () => computing() !== undefined,
        ask: (signal) => replica.query(model, endless, { timeout: 10_000, signal }),
        async meanwhile() {
          for (const one of [store, other, other]) {
            await one.stream("own").append({ type: "deposited", data: { amount: 1, label: "own" } });
            own += 1;
          }
        },
      };
    });

    await model.caughtUp();
    expect((await replica.query(model, everyBalance)).rows).toEqual([
      { name: "account-1", balance: 5 },
      { name: "own", balance: own },
    ]);
  });

  test("one that is given up is ended, whether it runs or waits", async () => {
    const hub = await startLocalHub();
    const path = temporaryPath();
    const { store, replica } = await hub.replica(betterSqlite3({ path }));
    const model = await store.readModel(balances);
    await replica.stream("account-1").append({ type: "deposited", data: { amount: 5, label: "pending" } });
    let asked: number | undefined;
    await whileAsking(async () => {
      expect(await replica.query(model, short)).toMatchObject({ rows: [{ n: 9 }], pending: 1 });
      const computing = queryProcessOf(process.pid);
      return {
        runs: () => (asked = computing()) !== undefined,
        ask: (signal) => replica.query(model, endless, { timeout: 10_000, signal }),
      };
    });
    await expect.poll(() => isRunning(asked as number)).toBe(false);
    expect(await replica.query(model, short)).toMatchObject({ rows: [{ n: 9 }], pending: 1 });

    // One is running, the other waits for it. Neither would ever end.
    const giveUp = new AbortController();
    const both = [1, 2].map(() =>
      model.query(endless, { timeout: 1_000_000, signal: giveUp.signal }).catch((reason: unknown) => reason),
    );
    await new Promise((resolve) => setImmediate(resolve));
    giveUp.abort("enough");
    expect(await Promise.all(both)).toEqual(["enough", "enough"]);
    expect(await replica.query(model, short)).toMatchObject({ rows: [{ n: 9 }], pending: 1 });
  });
});

describe.skipIf(mayBeLeftOut())("on a PostgreSQL server", () => {
  const server = usePostgres();

  test("appends do not wait for a query with what is pending, and it leaves nothing behind when it is given up", async () => {
    const hub = await startLocalHub();
    const { connectionString } = server();
    const { store, replica } = await hub.replica(postgres({ connectionString, schema: "replica" }));
    const model = await store.readModel(balances);
    await replica.stream("account-1").append({ type: "deposited", data: { amount: 5, label: "pending" } });
    await using other = await openEventStore(postgres({ connectionString, schema: "replica" }));
    let own = 0;

    await whileAsking(async () => ({
      ask: (signal) => replica.query(model, endless, { timeout: 10_000, signal }),
      runs: () => isLockedModel(connectionString),
      async meanwhile() {
        for (const one of [store, other]) {
          await one.stream("own").append({ type: "deposited", data: { amount: 1, label: "own" } });
          own += 1;
        }
      },
    }));

    await model.caughtUp();
    expect(await model.query(everyBalance)).toEqual([{ name: "own", balance: own }]);
    expect((await replica.query(model, everyBalance)).rows).toHaveLength(2);
  });
});
