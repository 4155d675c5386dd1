import type { Adapter, EventStorage, ModelBatch, ModelStorage } from "rivulet/adapter";
import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { describe, expect, test } from "vitest";
import { overChannel } from "../support/remote-adapter.ts";
import { temporaryPath } from "../support/temporary.ts";

const STORAGES: readonly { readonly name: string; readonly make: () => Adapter }[] = [
  { name: "better-sqlite3", make: () => betterSqlite3({ path: temporaryPath() }) },
  { name: "worker mode", make: () => betterSqlite3({ path: temporaryPath(), worker: true }) },
  { name: "a message channel", make: () => overChannel(betterSqlite3()) },
];

const KEY = { name: "list", schema: 1 };
const RECORD = { ...KEY, tables: [{ name: "list.1.numbers", columns: "n INTEGER", indexes: ["n"] }] };
const OPENING = { ...RECORD, now: 0 };
const COUNT = { text: 'SELECT count(*), max(n) FROM "list.1.numbers"', values: [], models: [KEY] };

/** Applies one insert for the events up to a position. */
function insert(set: "used" | "fresh", from: number, to: number, n: number, completes = false): ModelBatch {
  const texts = [`INSERT INTO "list.1${set === "fresh" ? "+" : ""}.numbers" VALUES (?)`];
  return { ...KEY, set, from, to, texts, runs: [[0, [n]]], parked: [], completes };
}

// Sends every call twice, as tabs do after a take-over in which answers were lost.
describe.each(STORAGES)("calls about read models that are sent twice, over $name", ({ make }) => {
  /** A storage with three events and an open model. */
  async function open(): Promise<{ models: ModelStorage; storage: EventStorage }> {
    const { storage, verbs } = await make().open();
    const store = await openEventStore({ name: "given", open: () => Promise.resolve({ storage, verbs }) });
    await store.stream("a").append([{ type: "x" }, { type: "x" }, { type: "x" }]);
    const models = storage.models as ModelStorage;
    expect(await models.openModel(OPENING)).toEqual({ checkpoint: 0, built: false, generation: 0, rebuild: null });
    return { models, storage };
  }

  test("a batch counts once", async () => {
    const { models, storage } = await open();
    const batch = insert("used", 0, 2, 1, true);

    expect(await models.applyToModel(batch)).toMatchObject({
      outcome: "applied",
      state: { checkpoint: 2, built: true },
    });
    expect(await models.applyToModel(batch)).toMatchObject({
      outcome: "moved",
      state: { checkpoint: 2, generation: 1 },
    });
    expect(await models.openModel(OPENING)).toMatchObject({ checkpoint: 2, generation: 1 });

    expect(await models.queryModels(COUNT)).toMatchObject({ rows: [[1, 1]], checkpoints: [2] });
    await storage.close();
  });

  test("a rebuild is begun once, filled once and completed once, and never goes back", async () => {
    const { models, storage } = await open();
    await models.applyToModel(insert("used", 0, 2, 1, true));
    const rebuild = { ...OPENING, code: "x" };
    await models.beginRebuild(rebuild);
    const [first, last] = [insert("fresh", 0, 1, 10), insert("fresh", 1, 2, 20, true)];

    await models.applyToModel(first);
    expect(await models.beginRebuild(rebuild)).toMatchObject({ rebuild: 1 });
    expect(await models.applyToModel(first)).toMatchObject({ outcome: "moved", state: { rebuild: 1 } });
    // The tables in use were updated meanwhile.
    await models.applyToModel(insert("used", 2, 3, 2));
    expect(await models.applyToModel(last)).toMatchObject({ outcome: "applied", state: { checkpoint: 3, rebuild: 2 } });
    expect(await models.queryModels(COUNT)).toMatchObject({ rows: [[2, 2]] });
    const end = insert("fresh", 2, 3, 30, true);
    expect(await models.applyToModel(end)).toMatchObject({
      outcome: "applied",
      state: { checkpoint: 3, rebuild: null },
    });
    expect(await models.applyToModel(end)).toMatchObject({ outcome: "moved", state: { checkpoint: 3, rebuild: null } });

    expect(await models.queryModels(COUNT)).toMatchObject({ rows: [[3, 30]], checkpoints: [3] });
    await storage.close();
  });

  test("a parked event is taken once, and one that fails is counted as tried", async () => {
    const { models, storage } = await open();
    const parked = [2, 3].map((position) => ({ position, message: "no", timestamp: 5 }));
    await models.applyToModel({ ...insert("used", 0, 3, 1, true), parked });
    const { texts, runs } = insert("used", 0, 0, 7);
    const retry = { ...KEY, position: 2, texts, runs, timestamp: 6 };

    expect(await models.retryParked(retry)).toMatchObject({ outcome: "applied" });
    expect(await models.retryParked(retry)).toMatchObject({ outcome: "moved" });
    const failing = { ...KEY, position: 3, texts: [], runs: [], failure: "still not", timestamp: 7 };
    expect(await models.retryParked(failing)).toEqual({ outcome: "failed", run: 0, message: "still not" });

    expect(await models.listParked(KEY)).toEqual([
      { position: 3, message: "still not", timestamp: 7, attempts: 2, id: expect.any(String), type: "x" },
    ]);
    expect(await models.queryModels(COUNT)).toMatchObject({ rows: [[2, 7]] });
    await storage.close();
  });

  test("tables that are left behind are removed once", async () => {
    const { models, storage } = await open();
    const sweep = { name: "list", schema: 2 };

    await models.sweepModels(sweep);
    await models.sweepModels(sweep);

    await expect(models.modelState(KEY)).rejects.toMatchObject({ code: "client-outdated" });
    await expect(models.applyToModel(insert("used", 0, 1, 1))).rejects.toMatchObject({ code: "client-outdated" });
    await storage.close();
  });
});
