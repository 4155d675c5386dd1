import Database from "better-sqlite3";
import { matches, openEventStore, type Adapter, type EventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { expect, test } from "vitest";
import { rivulet } from "../support/command-line.ts";
import { tamper } from "../support/damage.ts";
import { failure } from "../support/outcome.ts";
import { temporaryPath } from "../support/temporary.ts";
import { expectKeysOfBoth } from "../support/two-openers.ts";

const MANY = 25_000;

const FILTERS = [
  { user: "ada" },
  { user: "bob" },
  { user: 7 },
  { user: null },
  { order: 664, user: "ada" },
  { order: 1 },
];

async function append(path: string, count: number, indexedMetadata?: string[]): Promise<void> {
  await using store = await openEventStore(betterSqlite3({ path, durability: "normal", indexedMetadata }));
  const first = (await store.head()) + 1;
  const users = ["ada", 7, null, { name: "ada" }, ["ada"]];
  for (let from = first; from < first + count; from += 5_000) {
    const events = Array.from({ length: Math.min(5_000, first + count - from) }, (_, index) => {
      const n = from + index;
      const user = n % 3_000 === 64 ? users[((n / 64) % users.length) | 0] : n % 2 === 0 ? "bob" : undefined;
      return { type: "noted", ...(n % 5 !== 0 && { metadata: { order: n % 900, user } }) };
    });
    await store.stream("a").append(events);
  }
}

async function expectSound(store: EventStore): Promise<void> {
  const all = await store.read().toArray();
  for (const metadata of FILTERS) {
    const wanted = all.filter((event) => matches({ metadata }, event));
    expect(wanted.length).toBeGreaterThan(0);
    expect(await store.read({ metadata }).toArray()).toEqual(wanted);
  }
}

function rows(path: string, sql: string): unknown[] {
  const database = new Database(path, { readonly: true });
  try {
    return database.prepare(sql).raw().all();
  } finally {
    database.close();
  }
}

test("keys of metadata can be indexed later, stay indexed, and verify finds what is missing", async () => {
  const path = temporaryPath();
  await append(path, MANY);
  await append(path, 100, ["user"]);
  await append(path, 3_100);
  await append(path, 100, ["user", "order"]);

  expect(rows(path, "SELECT key, after FROM indexed_metadata ORDER BY key")).toEqual([
    ["order", 0],
    ["user", 0],
  ]);
  await using store = await openEventStore(betterSqlite3({ path }));
  await expectSound(store);
  await store.close();
  expect(rivulet(["verify", path])).toMatchObject({ code: 0 });
  tamper(path, "DELETE FROM event_blocks WHERE term < 0 AND block = 1");
  expect(rivulet(["verify", path]).output).toMatch(/position 66\treads by its metadata do not find it/);
});

test("an indexing that was interrupted misleads nobody, and the next opening with the key completes it", async () => {
  const path = temporaryPath();
  await append(path, MANY, ["user"]);
  // As if the process had been killed after a step.
  tamper(path, "DELETE FROM event_blocks WHERE term < 0 AND block < 150");
  tamper(path, "UPDATE indexed_metadata SET after = 9600");

  await append(path, 100);
  const without = await openEventStore(betterSqlite3({ path }));
  await expectSound(without);
  const beside = await openEventStore(betterSqlite3({ path, indexedMetadata: ["user"] }));
  await without.stream("b").append({ type: "noted", metadata: { user: "ada" } });
  for (const store of [without, beside]) await expectSound(store);
  await without.close();
  await beside.close();

  expect(rows(path, "SELECT key, after FROM indexed_metadata")).toEqual([["user", 0]]);
  expect(rivulet(["verify", path])).toMatchObject({ code: 0 });
});

test("a process that has the file open indexes what it stores when another one brings a key", async () => {
  const path = temporaryPath();
  await using older = await openEventStore(betterSqlite3({ path }));
  await older.stream("a").append(Array.from({ length: 1_000 }, () => ({ type: "noted", metadata: { user: "bob" } })));
  await using newer = await openEventStore(betterSqlite3({ path, indexedMetadata: ["user"] }));

  await older.stream("a").append({ type: "noted", metadata: { user: "ada" } });
  await newer.stream("a").append(Array.from({ length: 1_000 }, () => ({ type: "noted", metadata: { user: "bob" } })));

  for (const store of [older, newer]) {
    expect(await store.read({ metadata: { user: "ada" } }).toArray()).toMatchObject([{ position: 1_001 }]);
  }
});

test.each<[name: string, adapterOf: (path: string, indexedMetadata?: readonly string[]) => Adapter]>([
  ["better-sqlite3", (path, indexedMetadata) => betterSqlite3({ path, durability: "normal", indexedMetadata })],
  [
    "better-sqlite3 in workers",
    (path, indexedMetadata) => betterSqlite3({ path, durability: "normal", indexedMetadata, worker: true }),
  ],
])("%s: of two that open a file at once with other keys, both keys are indexed", async (_name, adapterOf) => {
  const path = temporaryPath();
  await expectKeysOfBoth((keys) => adapterOf(path, keys));

  expect(rows(path, "SELECT key, after FROM indexed_metadata ORDER BY key")).toEqual([
    ["order", 0],
    ["user", 0],
  ]);
});

test.each([["user"], [{}], [["user", 1]], [[undefined]], [null]])("%j is no list of keys", async (indexedMetadata) => {
  const adapter = betterSqlite3({ indexedMetadata: indexedMetadata as unknown as string[] });
  await failure(openEventStore(adapter), "invalid-argument");
});
