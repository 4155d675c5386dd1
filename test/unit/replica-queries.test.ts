import { openEventStore, type Adapter, type LiveProjection, type ReadModel } from "rivulet";
import { wrapVerbs } from "rivulet/adapter";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { defineReadModel, sql, table } from "rivulet/read-models";
import type { PendingRows } from "rivulet/sync";
import { expect, test } from "vitest";
import { accounts, balances, everyBalance, everyEntry } from "../support/sync/balances.ts";
import type { BankCommand, BankEvent } from "../support/sync/bank.ts";
import { startLocalHub } from "../support/sync/local-hub.ts";
import { until } from "../support/sync/until.ts";
import { temporaryPath } from "../support/temporary.ts";
import { countedQueries } from "../support/wrapped-queries.ts";

const deposit = (amount: number, label: string): BankCommand => ({ do: "deposit", amount, label });

/** Holds back the calls of a verb of read models while it is closed. */
function gated(verb: "applyToModel" | "queryModels"): {
  readonly adapter: Adapter;
  gate?: Promise<void> | undefined;
  arrived: () => void;
} {
  const inner = betterSqlite3();
  const self: { adapter: Adapter; gate?: Promise<void> | undefined; arrived: () => void } = {
    arrived: () => undefined,
    adapter: {
      name: inner.name,
      async open() {
        const opened = await inner.open();
        const storage = wrapVerbs(opened.storage, (call, name) => async (argument) => {
          if (name === verb && self.gate !== undefined) {
            self.arrived();
            await self.gate;
          }
          return call(argument);
        });
        return { ...opened, storage };
      },
    },
  };
  return self;
}

test("a query shows what is pending in every stream, in the order of the outbox, and the tables never do", async () => {
  const hub = await startLocalHub();
  const { store, replica } = await hub.replica(betterSqlite3());
  const model = await store.readModel(balances);
  await store.stream("own").append([{ type: "deposited", data: { amount: 1, label: "own" } }, { type: "other" }]);
  await replica.stream("account-1").execute("bank", deposit(5, "one"));
  await replica.stream("account-2").append({ type: "deposited", data: { amount: 7, label: "two" } });
  await replica.stream("account-1").execute("bank", { do: "withdraw", amount: 3, label: "three" });

  expect(await replica.query(model, everyEntry)).toEqual({
    rows: [
      { position: 1, version: 1, label: "own" },
      { position: 3, version: 1, label: "one" },
      { position: 4, version: 1, label: "two" },
      { position: 5, version: 2, label: "three" },
    ],
    pending: 3,
    failed: [],
  });
  const confirmed = { rows: [{ name: "own", balance: 1 }], pending: 0, failed: [] };
  expect(await replica.query(model, everyBalance, { pending: false })).toEqual(confirmed);
  expect(await model.query(everyBalance)).toEqual(confirmed.rows);
  expect([await store.head(), model.position]).toEqual([2, 2]);

  hub.connect(true);
  replica.hurry();
  await replica.flush();
  const { rows, pending } = await replica.query(model, everyBalance);
  await model.caughtUp();

  expect(pending).toBe(0);
  expect(rows).toEqual([{ name: "account-1", balance: 2 }, { name: "account-2", balance: 7 }, confirmed.rows[0]]);
  expect(await model.query(everyBalance)).toEqual(rows);
});

test("what a read model cannot handle is left out and told, and what the hub has refused is not shown", async () => {
  const hub = await startLocalHub();
  const { store, replica } = await hub.replica(betterSqlite3());
  const model = await store.readModel(balances);
  await replica.stream("account-1").execute("bank", deposit(5, "one"));
  const broken = await replica.stream("account-1").execute("bank", deposit(6, "broken"));
  await replica.stream("account-1").execute("bank", deposit(7, "three"));

  expect(await replica.query(model, everyBalance)).toEqual({
    rows: [{ name: "account-1", balance: 12 }],
    pending: 2,
    failed: [{ id: broken.id, eventId: broken.events[0]?.id, message: "this label is broken" }],
  });
});

test("an event that the hub has confirmed is in the rows once, whether it is in the tables already or not", async () => {
  const hub = await startLocalHub();
  const applying = gated("applyToModel");
  const { store, replica } = await hub.replica(applying.adapter);
  const model = await store.readModel(balances);
  await model.caughtUp();
  let release = (): void => undefined;
  applying.gate = new Promise((resolve) => (release = resolve));
  const first = await replica.stream("account-1").execute("bank", deposit(5, "one"));
  const behind = async (): Promise<unknown> => [
    (await replica.query(model, everyBalance)).rows,
    await model.query(everyBalance),
  ];
  expect(await behind()).toEqual([[{ name: "account-1", balance: 5 }], []]);

  hub.connect(true);
  replica.hurry();
  await first.confirmed;
  hub.connect(false);
  await replica.stream("account-1").execute("bank", deposit(6, "two"));

  expect([await behind(), (await replica.query(model, everyBalance)).pending]).toEqual([
    [[{ name: "account-1", balance: 11 }], []],
    1,
  ]);
  applying.gate = undefined;
  release();
  await model.caughtUp();
  expect(await behind()).toEqual([[{ name: "account-1", balance: 11 }], [{ name: "account-1", balance: 5 }]]);
});

test("a query asks again if the tables have passed what it was computed for", async () => {
  const hub = await startLocalHub();
  const asking = gated("queryModels");
  const { store, replica } = await hub.replica(asking.adapter);
  const model = await store.readModel(balances);
  const first = await replica.stream("account-1").execute("bank", deposit(5, "one"));
  let release = (): void => undefined;
  asking.gate = new Promise((resolve) => (release = resolve));
  const arrived = new Promise<void>((resolve) => (asking.arrived = resolve));
  const asked = replica.query(model, everyBalance);
  await arrived;

  hub.connect(true);
  replica.hurry();
  await first.confirmed;
  await model.caughtUp();
  asking.gate = undefined;
  release();

  expect(await asked).toEqual({ rows: [{ name: "account-1", balance: 5 }], pending: 0, failed: [] });
});

test("a live query runs once for each change of the outbox or of the tables, and not otherwise", async () => {
  const hub = await startLocalHub();
  const applying = gated("applyToModel");
  // The tables are always late.
  applying.gate = Promise.resolve();
  applying.arrived = () => {
    applying.gate = manyTurns();
  };
  const { adapter, runs } = countedQueries(applying.adapter);
  const { store, replica } = await hub.replica(adapter);
  const model = await store.readModel(balances);
  const live = replica.live<{ balance: number }>(model, sql`SELECT balance FROM ${accounts} ORDER BY name`);
  await live.caughtUp();
  const shows = (pending: number, ...balance: number[]): Promise<void> => shown(live, pending, balance);
  await shows(0);
  expect(runs()).toBe(1);

  await replica.stream("account-1").execute("bank", deposit(5, "one"));
  await shows(1, 5);
  expect(runs()).toBe(2);
  await replica.stream("account-1").append({ type: "noted", data: { label: "not handled" } });
  await store.stream("own").append({ type: "noted", data: { label: "not handled" } });
  await live.caughtUp();
  const { state } = live;
  expect([runs(), state.pending]).toEqual([2, 1]);
  await store.stream("own").append({ type: "withdrawn", data: { amount: 1, label: "handled" } });
  await shows(1, 5, -1);
  expect(runs()).toBe(3);

  hub.connect(true);
  replica.hurry();
  await replica.flush();
  await shows(0, 5, -1);
  await live.caughtUp();
  expect(runs()).toBe(4);
  await until(replica, () => replica.status.connection === "live");
  expect([runs(), model.position]).toEqual([4, await store.head()]);

  await replica.close();
  expect(live.error).toMatchObject({ code: "store-closed" });
  await expect(replica.query(model, everyBalance)).rejects.toMatchObject({ code: "store-closed" });
});

async function manyTurns(): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
}

async function shown(
  live: LiveProjection<PendingRows<{ balance: number }>>,
  pending: number,
  rows: number[],
): Promise<void> {
  for await (const { state } of live)
    if (state.pending === pending && state.rows.map(({ balance }) => balance).join() === rows.join()) return;
}

test("a model that has stopped answers from its tables alone", async () => {
  const hub = await startLocalHub();
  const { store, replica } = await hub.replica(betterSqlite3());
  const model: ReadModel = await store.readModel(balances);
  await store.stream("own").append({ type: "deposited", data: { amount: 1, label: "one" } });
  await replica.stream("account-1").execute("bank", deposit(5, "two"));
  await store.stream("own").append({ type: "deposited", data: { amount: 2, label: "broken" } });

  await expect(model.ended).rejects.toMatchObject({ code: "projection-failed" });
  const answer = { rows: [{ name: "own", balance: 1 }], pending: 0, failed: [] };
  expect(await replica.query(model, everyBalance)).toEqual(answer);
});

test("a query refuses read models of other stores, long times, wrong options, and ends with its signal", async () => {
  const hub = await startLocalHub();
  const asking = gated("queryModels");
  const { store, replica } = await hub.replica(asking.adapter);
  const model = await store.readModel(balances);
  await using other = await openEventStore(betterSqlite3());
  const foreign = await other.readModel(balances);
  await replica.stream("account-1").execute("bank", deposit(5, "one"));

  for (const attempt of [
    () => replica.query(foreign, everyBalance),
    () => replica.query(undefined as never, everyBalance),
    () => replica.query(model, everyBalance, { timeout: 10_001 }),
    () => replica.query(model, everyBalance, { timeout: 0 }),
    () => replica.query(model, everyBalance, { pending: 1 as never }),
    () => replica.query(model, everyBalance, { penidng: true } as never),
    () => replica.query(model, sql`DELETE FROM ${accounts}`),
  ])
    await expect(attempt()).rejects.toMatchObject({ code: "invalid-argument" });
  expect(() => replica.live(foreign, everyBalance)).toThrow(expect.objectContaining({ code: "invalid-argument" }));
  asking.gate = new Promise(() => undefined);
  const aborting = new AbortController();
  const asked = replica.query(model, everyBalance, { signal: aborting.signal });
  aborting.abort("enough");
  await expect(asked).rejects.toBe("enough");
});

test("a pending event whose statement ends the transaction is left out, and the others are in the rows", async () => {
  const hub = await startLocalHub();
  const { store, replica } = await hub.replica(betterSqlite3());
  const labels = table("labels", "label TEXT PRIMARY KEY ON CONFLICT ROLLBACK");
  const model = await store.readModel(
    defineReadModel<BankEvent>({
      name: "labels",
      tables: [labels],
      on: { deposited: ({ data }) => sql`INSERT INTO ${labels} VALUES (${data.label})` },
    }),
  );
  for (const label of ["one", "one", "two", "two", "three"])
    await replica.stream("account-1").execute("bank", deposit(1, label));

  const { rows, pending, failed } = await replica.query(model, sql`SELECT label FROM ${labels} ORDER BY rowid`);

  expect([rows, pending, failed.length]).toEqual([["one", "two", "three"].map((label) => ({ label })), 3, 2]);
  expect(await model.query(sql`SELECT label FROM ${labels}`)).toEqual([]);
  expect(await store.stream("own").append({ type: "noted" })).toMatchObject({ position: 1 });
});

test("a live query shows what is pending through another client of the database", async () => {
  const hub = await startLocalHub();
  const path = temporaryPath();
  const { store, replica } = await hub.replica(betterSqlite3({ path, durability: "normal" }));
  const other = await hub.replica(betterSqlite3({ path, durability: "normal" }));
  const live = replica.live<{ balance: number }>(
    await store.readModel(balances),
    sql`SELECT balance FROM ${accounts} ORDER BY name`,
  );

  await other.replica.stream("account-1").execute("bank", deposit(5, "one"));
  await shown(live, 1, [5]);
  hub.connect(true);
  other.replica.hurry();
  replica.hurry();
  await other.replica.flush();
  await shown(live, 0, [5]);
});

test("a query over several read models has what is pending in all of them, and one may be asked for the confirmed rows alone", async () => {
  const hub = await startLocalHub();
  const { store, replica } = await hub.replica(betterSqlite3());
  const notes = table("notes", "position INTEGER PRIMARY KEY, label TEXT NOT NULL");
  const noted = await store.readModel(
    defineReadModel<BankEvent>({
      name: "noted",
      tables: [notes],
      onError: "park",
      on: {
        noted({ position, data: { label } }) {
          if (label === "broken") throw new Error("this label is broken");
          return sql`INSERT INTO ${notes} VALUES (${position}, ${label})`;
        },
      },
    }),
  );
  const model = await store.readModel(balances);
  const both = sql`SELECT (SELECT count(*) FROM ${notes}) AS notes, (SELECT sum(balance) FROM ${accounts}) AS sum`;
  const confirmed = replica.live(model, both, { reads: [model, noted], pending: false });
  await store.stream("own").append([
    { type: "noted", data: { label: "own" } },
    { type: "noted", data: { label: "broken" } },
    { type: "deposited", data: { amount: 1, label: "own" } },
  ]);
  await replica.stream("account-1").append([
    { type: "noted", data: { label: "pending" } },
    { type: "noted", data: { label: "broken" } },
    { type: "deposited", data: { amount: 2, label: "pending" } },
  ]);
  await replica.stream("account-2").append({ type: "noted", data: { label: "pending" } });
  await replica.stream("account-2").append({ type: "fee", data: { label: "of no interest" } });

  const { rows, pending, failed } = await replica.query(model, both, { reads: [model, noted] });

  expect([rows, pending]).toEqual([[{ notes: 3, sum: 3 }], 2]);
  expect(failed.map(({ message }) => message)).toEqual(["this label is broken"]);
  expect((await confirmed.caughtUp(3)).state).toEqual({ rows: [{ notes: 1, sum: 1 }], pending: 0, failed: [] });
  await expect(replica.query(model, both)).rejects.toMatchObject({ code: "invalid-argument" });
});

test("what was discarded is not shown any more, although the storage failed when it was first looked at", async () => {
  const hub = await startLocalHub();
  const { storage } = await betterSqlite3().open();
  let fails = false;
  const head = (): Promise<number> => (fails ? Promise.reject(new Error("no answer")) : storage.head());
  const { store, replica } = await hub.replica({
    name: "failing",
    open: async () => ({ storage: { ...storage, head }, verbs: {} }),
  });
  const model = await store.readModel(balances);
  await replica.stream("account-1").append({ type: "deposited", data: { amount: 5, label: "pending" } });
  expect(await replica.query(model, everyBalance)).toMatchObject({ rows: [{ balance: 5 }], pending: 1 });
  await replica.unfollow({ streamPrefixes: ["account-"], discardPending: true });

  fails = true;
  await expect(replica.query(model, everyBalance)).rejects.toThrow("no answer");
  fails = false;

  expect(await replica.query(model, everyBalance)).toEqual({ rows: [], pending: 0, failed: [] });
});
