import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openEventStore, type EventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { failure } from "../support/outcome.ts";
import { fileAdapter } from "../support/sqlite-driver.ts";
import { temporaryFolder, temporaryPath } from "../support/temporary.ts";

/** A store on a small disk, and a function that frees space. */
interface Cramped {
  readonly store: EventStore;
  makeRoom(): void;
}

const SMALL = { type: "noted", data: "small" };
const LARGE = { type: "noted", data: "large ".repeat(100_000) };

test.each([
  { where: "a database of limited size", make: limitedDatabase },
  { where: "a full file system, where one can be mounted", make: smallFileSystem },
])("on $where an append that does not fit is refused, and the store goes on", async ({ make }) => {
  const { store, makeRoom } = await make();
  await store.stream("first").append(SMALL);

  const error = await failure(store.stream("large").append(LARGE), "storage-full");

  expect(error.message).toMatch(/no space is left/);
  expect(await store.head()).toBe(1);
  expect(await store.read().toArray()).toHaveLength(1);
  expect((await store.stream("first").append(SMALL)).position).toBe(2);
  makeRoom();
  expect((await store.stream("large").append(LARGE)).position).toBe(3);
  expect((await store.stream("first").append(SMALL, { expectedVersion: 2 })).position).toBe(4);
  const events = await store.read().toArray();
  expect(events.map(({ position, stream, version }) => [position, stream, version])).toEqual([
    [1, "first", 1],
    [2, "first", 2],
    [3, "large", 1],
    [4, "first", 3],
  ]);
  await store.close();
});

test.each([
  { where: "a database of limited size", make: limitedDatabase },
  { where: "a full file system, where one can be mounted", make: smallFileSystem },
])("on $where the appends that share a commit with one that does not fit are not harmed", async ({ make }) => {
  const { store } = await make();
  const good = store.stream("good");

  const outcomes = await Promise.allSettled([
    good.append(SMALL),
    store.append([
      { stream: "good", events: SMALL },
      { stream: "new", events: LARGE },
    ]),
    good.append([SMALL, SMALL]),
    good.append({ ...SMALL, id: "known" }),
    good.append({ ...SMALL, id: "known" }),
  ]);

  expect(outcomes.map((outcome) => (outcome.status === "fulfilled" ? "stored" : outcome.reason.code))).toEqual([
    "stored",
    "storage-full",
    "stored",
    "stored",
    "stored",
  ]);
  const events = await store.read().toArray();
  expect(events.map(({ position, stream, version }) => [position, stream, version])).toEqual([
    [1, "good", 1],
    [2, "good", 2],
    [3, "good", 3],
    [4, "good", 4],
  ]);
  await store.close();
});

async function limitedDatabase(): Promise<Cramped> {
  const store = await openEventStore(fileAdapter({ path: temporaryPath() }));
  const limit = (pages: number): void => store.driver.exec(`PRAGMA max_page_count = ${pages}`);
  limit(60);
  return { store, makeRoom: () => limit(10_000) };
}

/** Without the right to mount a file system, SQLite's own size limit is used: it causes the same result code. */
async function smallFileSystem(): Promise<Cramped> {
  const folder = temporaryFolder();
  const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", folder]);
  if (status !== 0) return limitedDatabase();
  onTestFinished(() => void spawnSync("umount", ["--lazy", folder]));
  const ballast = join(folder, "ballast");
  const store = await openEventStore(betterSqlite3({ path: join(folder, "events.db") }));
  writeFileSync(ballast, Buffer.alloc(1_500_000));
  return { store, makeRoom: () => rmSync(ballast) };
}
