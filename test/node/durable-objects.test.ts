/** A store in a Durable Object, as a Worker's client sees it: the documented worker, crashes, and the platform's limits. */
import { MIGRATIONS } from "rivulet/adapter";
import { describe, expect, onTestFinished, test } from "vitest";
import { blockWith } from "../support/documents.ts";
import { countInMatrix } from "../support/count-in-matrix.ts";
import { startWorkerd, type Workerd } from "../support/workerd.ts";

async function start(worker: string, className: string, source?: string): Promise<Workerd> {
  const workerd = await startWorkerd(worker, className, source);
  onTestFinished(workerd.close);
  return workerd;
}

test("the documented worker appends in its object and reads the store over RPC", async () => {
  const code = blockWith("js", "remoteDurableObject(");
  const workerd = await start("readme", "Visits", code.replaceAll("env.VISITS", "env.STORES"));
  expect(await workerd.ask("/a", "POST")).toBe(1);
  expect(await workerd.ask("/a", "POST")).toBe(2);
  expect(await workerd.ask("/b", "POST")).toBe(1);
  await workerd.kill();
  await workerd.start();
  expect(await workerd.ask("/a")).toEqual([
    { version: 1, type: "visited" },
    { version: 2, type: "visited" },
  ]);
});

describe.each(["inside", "remote"])("an object whose process is killed, its store used %s", (where) => {
  countInMatrix("workerd", "crashes");
  test("has every acknowledged event once and without gaps, and continues from there", async () => {
    const workerd = await start("ledger", "Ledger");
    const acknowledged: string[] = [];
    let count = 0;
    for (let round = 0; round < 5; round += 1) {
      const appending = Array.from({ length: 4 }, async () => {
        for (;;) {
          const id = `event-${(count += 1)}`;
          await workerd.ask(`/${where}/append?id=${id}`);
          acknowledged.push(id);
        }
      });
      const goal = acknowledged.length + 20 + round;
      await expect.poll(() => acknowledged.length, { interval: 1 }).toBeGreaterThan(goal);
      const ended = Promise.allSettled(appending);
      await workerd.kill();
      await ended;
      await workerd.start();
      const stored = (await workerd.ask(`/${where}/events`)) as readonly { position: number; id: string }[];
      expect(stored.map(({ position }) => position)).toEqual(stored.map((_, index) => index + 1));
      const ids = stored.map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      expect(acknowledged.filter((id) => !ids.includes(id))).toEqual([]);
      // Appends without an answer may be stored or not.
      expect(ids.length).toBeLessThanOrEqual(count);
    }
  });
});

test("an evicted object finds its store in the same format, beside its own key-value storage", async () => {
  const workerd = await start("ledger", "Ledger");
  await workerd.ask("/inside/append?id=one");
  await workerd.ask("/inside/keep");
  const before = await workerd.ask("/inside/info");
  expect(before).toMatchObject({
    backend: "durable-object",
    persisted: true,
    durability: "output-gate",
    formatVersion: MIGRATIONS.length,
  });
  await workerd.ask("/inside/evict").catch(() => undefined);
  await workerd.ask("/inside/append?id=two");
  const { lineage } = before as { readonly lineage: string };
  expect(await workerd.ask("/remote/info")).toMatchObject({
    lineage,
    formatVersion: MIGRATIONS.length,
    durability: "output-gate",
  });
  expect(await workerd.ask("/remote/events")).toMatchObject([{ id: "one" }, { id: "two" }]);
});

test("keys of metadata are indexed for the stored events and the new ones, also those that were named for RPC", async () => {
  const workerd = await start("ledger", "Ledger");
  const indexed = (): Promise<unknown> =>
    workerd.ask("/inside/sql?text=SELECT key, after FROM indexed_metadata ORDER BY key");
  const blocks = "/inside/sql?text=SELECT count(*) FROM event_blocks WHERE term < 0";
  await workerd.ask("/remote/append?id=one&user=ada");
  expect(await indexed()).toEqual([["served", 0]]);
  expect(await workerd.ask(blocks)).toEqual([[0]]);
  await workerd.ask("/inside/evict").catch(() => undefined);

  await workerd.ask("/inside/append?id=two&user=bob&key=user");
  await workerd.ask("/inside/append?id=three&user=ada");

  expect(await indexed()).toEqual([
    ["served", 0],
    ["user", 0],
  ]);
  expect(await workerd.ask(blocks)).toEqual([[2]]);
  expect(await workerd.ask("/remote/events?user=ada")).toMatchObject([{ id: "one" }, { id: "three" }]);

  // What is refused is refused for nobody else.
  await workerd.ask("/inside/evict").catch(() => undefined);
  expect(await workerd.ask("/inside/info?key=*")).toMatchObject({
    code: "invalid-argument",
    details: { argument: "indexedMetadata" },
  });
  expect(await workerd.ask("/inside/append?id=four&key=user")).not.toHaveProperty("code");
});

test("foreign tables are refused, inside the object and over RPC, and left unchanged", async () => {
  const workerd = await start("ledger", "Ledger");
  await workerd.ask("/foreign/sql?text=CREATE TABLE meta (name TEXT)");
  for (const where of ["foreign", "foreign-remote"]) {
    expect(await workerd.ask(`/${where}/info`)).toMatchObject({ code: "storage-format" });
  }
  expect(await workerd.ask("/foreign/sql?text=SELECT name, sql FROM sqlite_schema")).toEqual([
    ["meta", "CREATE TABLE meta (name TEXT)"],
  ]);
});

test("a client's query cannot bring another statement with it, however it is hidden", async () => {
  const workerd = await start("ledger", "Ledger");
  await workerd.ask("/inside/append?id=one");
  expect(await workerd.ask("/remote/query?text=SELECT 1;")).toEqual([[1]]);
  for (const text of [
    "SELECT 1; DELETE FROM events",
    "SELECT 1; /**/ DELETE FROM events",
    "SELECT 1; -- /*\n DELETE FROM events",
    "SELECT $a('); DELETE FROM events; SELECT '",
  ]) {
    expect(await workerd.ask(`/remote/query?text=${encodeURIComponent(text)}`)).toMatch(/^[a-z]+-[a-z]+$/);
  }
  expect(await workerd.ask("/remote/events")).toMatchObject([{ id: "one" }]);
});

test.each(["inside", "remote"])(
  "an event up to the limit is stored and read, and a larger one is refused: %s",
  async (where) => {
    const workerd = await start("ledger", "Ledger");
    const most = 2_080_768;
    // Its data is JSON text, in quotes.
    expect(await workerd.ask(`/${where}/append?id=fits&bytes=${most - 2}`)).toBe(1);
    expect(await workerd.ask(`/${where}/append?id=large&bytes=${most - 1}`)).toMatchObject({
      code: "invalid-event",
      details: { path: "events[0]" },
    });
    expect(await workerd.ask(`/${where}/append?id=wide&bytes=${most / 2}&letter=ü`)).toMatchObject({
      code: "invalid-event",
    });
    expect(await workerd.ask(`/${where}/append?id=again&bytes=${most - 2}`)).toBe(2);
    expect(await workerd.ask(`/${where}/append?id=third&bytes=${most - 2}`)).toBe(3);
    expect(await workerd.ask(`/${where}/events`)).toMatchObject([{ id: "fits" }, { id: "again" }, { id: "third" }]);
    expect(await workerd.ask(`/${where}/snapshot?bytes=3000000`)).toMatchObject({
      code: "storage-unavailable",
      message: expect.stringContaining("make it smaller") as string,
      details: { reason: "SQLITE_TOOBIG" },
    });
  },
);
