import { PGlite } from "@electric-sql/pglite";
import Database from "better-sqlite3";
import { openEventStore, type Adapter, type Event, type EventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { inspectStore } from "rivulet/inspection";
import { pglite } from "rivulet/pglite";
import { defineProjection } from "rivulet/projections";
import { describe, expect, test } from "vitest";
import { createDriver } from "../../dist/adapters/pglite/pglite-driver.js";
import { createSnapshotTable as createPostgresTable } from "../../dist/src/postgres/snapshots.js";
import type { SqliteDriver, SqliteRow } from "../../dist/src/sqlite/driver.js";
import { createSnapshotTable } from "../../dist/src/sqlite/snapshots.js";
import type { NewSnapshotRecord } from "../../dist/src/storage/protocol.js";
import { ALL_STREAMS } from "../../dist/src/storage/snapshot-rules.js";
import { temporaryPath } from "../support/temporary.ts";

type Counted = Event<"counted", number>;

const sum = defineProjection<number, Counted>({
  name: "sum",
  initial: () => 0,
  on: { counted: (total, { data }) => total + data },
  snapshots: { every: 3, keep: 1 },
});

/** Saves a snapshot as another process does, and calls `meanwhile` after it is written and before others are deleted. */
type SaveSlowly = (snapshot: NewSnapshotRecord, meanwhile: () => Promise<unknown>) => Promise<void>;

const ENGINES: readonly (readonly [engine: string, open: () => Promise<[Adapter, SaveSlowly]>])[] = [
  ["SQLite", () => Promise.resolve(onFile(temporaryPath()))],
  ["PGlite", async () => onPGlite(await PGlite.create())],
];

function onFile(path: string): [Adapter, SaveSlowly] {
  const save: SaveSlowly = async (snapshot, meanwhile) => {
    const database = new Database(path);
    const late: (() => void)[] = [];
    const prepare = (text: string): ReturnType<SqliteDriver["prepare"]> => {
      const statement = database.prepare(text);
      return {
        run: (...values) =>
          void (text.startsWith("DELETE") ? late.push(() => statement.run(values)) : statement.run(values)),
        get: (...values) => statement.raw().get(values) as SqliteRow | undefined,
        all: (...values) => statement.raw().all(values) as SqliteRow[],
      };
    };
    const end = database.prepare("SELECT count(*) FROM events").pluck();
    const count = (): number => end.get() as number;
    createSnapshotTable({ prepare } as SqliteDriver, count, count).save(snapshot);
    expect(late).toHaveLength(1);
    await meanwhile();
    for (const run of late) run();
    database.close();
  };
  return [betterSqlite3({ path }), save];
}

function onPGlite(database: PGlite): [Adapter, SaveSlowly] {
  const { query } = createDriver(database, false);
  const save: SaveSlowly = async (snapshot, meanwhile) => {
    const table = createPostgresTable(async (text, values) => {
      if (text.startsWith("DELETE")) await meanwhile();
      return query(text, values);
    }, "rivulet");
    await table.saveSnapshot(snapshot);
  };
  return [pglite({ database }), save];
}

/** Returns the version and the state of each snapshot. */
async function kept(store: EventStore): Promise<unknown> {
  const { snapshots } = await inspectStore(store).snapshots();
  return snapshots.map(({ version, state }) => [version, state]);
}

const SCOPES: readonly (readonly [scope: string, load: (store: EventStore) => Promise<{ readonly state: number }>])[] =
  [
    ["of a stream", (store) => store.stream("a").load(sum)],
    ["of all streams", (store) => store.load(sum)],
  ];

describe.each(ENGINES)("in %s", (_engine, open) => {
  test.each(SCOPES)(
    "a snapshot %s that another process saves meanwhile, of newer events, stays",
    async (_scope, load) => {
      const [adapter, saveSlowly] = await open();
      await using store = await openEventStore(adapter);
      await store.stream("a").append([1, 2, 3].map((data) => ({ type: "counted", data })));
      await load(store);
      const [own] = (await inspectStore(store).snapshots()).snapshots;
      const { projection, schema, version, state, timestamp } = own as NonNullable<typeof own>;
      const snapshot = { stream: own?.stream ?? ALL_STREAMS, projection, schema, version, state, timestamp, keep: 1 };

      await saveSlowly(snapshot, async () => {
        await store.stream("a").append([4, 5, 6].map((data) => ({ type: "counted", data })));
        expect((await load(store)).state).toBe(21);
      });

      expect(await kept(store)).toEqual([[6, "21"]]);
    },
  );
});
