import { createHash } from "node:crypto";
import Database from "better-sqlite3";
import { openEventStore, type EventStore } from "rivulet";
import type { Adapter } from "rivulet/adapter";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { defineConsumer } from "rivulet/consumers";
import { copyStore, type CopyProgress } from "rivulet/copy";
import { inspectStore } from "rivulet/inspection";
import { ndjson } from "rivulet/ndjson";
import { postgres } from "rivulet/postgres";
import { defineProjection } from "rivulet/projections";
import { describe, expect, onTestFinished, test } from "vitest";
import { fieldsOf, rivulet, startRivulet } from "../support/command-line.ts";
import { openInspected } from "../support/inspected-store.ts";
import { failure } from "../support/outcome.ts";
import { mayBeLeftOut, usePostgres } from "../support/postgres.ts";
import { temporaryPath } from "../support/temporary.ts";

const counts = defineProjection<number>({
  name: "counts",
  snapshots: { every: 1 },
  initial: () => 0,
  on: { counted: (count) => count + 1 },
});

let mended = false;

const reports = defineConsumer({
  name: "reports",
  retry: { attempts: 1, delay: 0 },
  onError: "park",
  handler({ position }) {
    if (position % 7 === 0 && !mended) throw new Error(`"${position}" is \\ divisible by 7\n`);
  },
});

/** Everything that a copy has to have, whatever keeps it. */
async function contentOf(adapter: Adapter): Promise<object> {
  const { storage } = await adapter.open();
  const { lineage } = await storage.info();
  const snapshots = await storage.contents?.listSnapshots({ after: "", limit: 1000 });
  const kept = await storage.contents?.listResults({ after: "", limit: 1000 });
  const consumers = (await storage.contents?.listConsumers()) ?? [];
  const parked = await Promise.all(
    consumers.map(({ name }) =>
      storage.consumers.listConsumerParked({ owner: `consumer/${name}`, after: 0, limit: 1000 }),
    ),
  );
  await storage.close();
  const store = await openEventStore(adapter);
  const events = (await store.exportEvents(ndjson).toArray()).join("");
  await store.close();
  return {
    lineage,
    snapshots: [...(snapshots?.snapshots ?? [])].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
    results: [...(kept?.results ?? [])].sort((a, b) => (a.key < b.key ? -1 : 1)),
    consumers,
    parked,
    events: events.split("\n").length,
    digest: createHash("sha256").update(events).digest("hex"),
  };
}

/** Appends events of many shapes in several streams, saves snapshots, and runs a consumer that parks. */
async function fill(store: EventStore, events = 1_500): Promise<void> {
  const before = await store.head();
  for (let n = before; n < before + events; n += 100) {
    const batch = Array.from({ length: Math.min(100, before + events - n) }, (_, index) => ({
      type: index % 9 === 0 ? "odd 🜚" : "counted",
      ...(index % 5 > 0 && {
        data: index % 9 === 0 ? { "2": "é\u2028", "1": [null, { __proto__x: "\\" }] } : n + index,
      }),
      ...(index % 4 === 0 && { metadata: { from: "a test", n } }),
      ...(index % 6 === 0 && { id: `no uuid ${n + index} "x"` }),
    }));
    await store.append([
      { stream: `stream-${(n / 100) % 7}`, events: batch.slice(0, 60) },
      { stream: 'zoë\'s {own}, "stream"', events: batch.slice(60) },
    ]);
  }
  for (const version of [1, 40]) {
    await store.stream("stream-0").saveSnapshot({ projection: "counts", version, state: { version, text: "\\u{" } });
  }
  await store.load(counts, { streamPrefix: "stream-" });
  await using consumer = store.consume(reports);
  await consumer.caughtUp();
}

async function filledFile(events?: number): Promise<Adapter & { readonly path: string }> {
  const path = temporaryPath();
  await using store = await openEventStore(betterSqlite3({ path, durability: "normal" }));
  await fill(store, events);
  await keepResults({ ...betterSqlite3({ path }) }, RESULTS);
  return { ...betterSqlite3({ path }), path };
}

const RESULTS = ["0c7c5c1e-2f2b-5d0c-9d53-6f4a4f0f7e11", 'an "odd" key, zoë\n'];

/** Keeps results, as a hub does for commands that write no events. */
async function keepResults(adapter: Adapter, keys: readonly string[]): Promise<void> {
  const { storage } = await adapter.open();
  for (const [index, key] of keys.entries()) {
    await storage.sync?.saveResult({ key, id: key, result: `{"outcome":"nothing","n":${index}}`, timestamp: index });
  }
  await storage.close();
}

const file = (): Adapter => betterSqlite3({ path: temporaryPath(), durability: "normal" });

test("a copy of a file has the same content as the file, and a second call copies what was added since", async () => {
  const source = await filledFile();
  const copy = file();
  const steps: CopyProgress[] = [];

  const first = await copyStore(source, copy, { onProgress: (progress) => steps.push(progress) });

  expect(first).toEqual({ events: 1_500, copied: 1_500, snapshots: 3, consumers: 1, parked: 214, results: 2 });
  expect(steps.filter(({ done, total }) => done === total).map(({ step }) => step)).toEqual(["copying", "verifying"]);
  expect(await contentOf(copy)).toEqual(await contentOf(source));

  await using store = await openEventStore(source);
  await fill(store, 300);
  await keepResults(source, ["a later one"]);
  await using consumer = store.consume(reports);
  mended = true;
  await consumer.retryParked().finally(() => (mended = false));
  expect(await copyStore(source, copy)).toMatchObject({ events: 1_800, copied: 300, parked: 0, results: 3 });
  expect(await contentOf(copy)).toEqual(await contentOf(source));
});

test("a target with other events, a copy that was used, a consumer that has gone further there, and a replica are refused", async () => {
  const source = await filledFile(100);
  const refused = async (from: Adapter, to: Adapter, argument: string): Promise<void> => {
    const before = await contentOf(to);
    await expect(copyStore(from, to)).rejects.toMatchObject({ code: "invalid-argument", details: { argument } });
    expect(await contentOf(to)).toEqual(before);
  };
  await refused(source, await filledFile(100), "target");

  const used = file();
  await copyStore(source, used);
  const copy = await openEventStore(used);
  await copy.stream("other").append({ type: "happened" });
  await refused(source, used, "target");
  const original = await openEventStore(source);
  await original.stream("other").append([{ type: "happened" }, { type: "happened" }]);
  await refused(source, used, "target");

  const run = file();
  await copyStore(source, run);
  await using copied = await openEventStore(run);
  await using consumer = copied.consume(reports);
  await consumer.caughtUp();
  await refused(source, run, "target");

  const decided = file();
  await copyStore(source, decided);
  await keepResults(decided, ["elsewhere"]);
  await keepResults(source, ["another", "elsewhere"]);
  await expect(copyStore(source, decided)).rejects.toMatchObject({ code: "storage-corrupt" });

  const replica = file();
  const { storage } = await replica.open();
  await storage.sync?.follow([{ kind: "stream", name: "followed" }]);
  await storage.close();
  await refused(replica, file(), "source");
  await original.close();
  await copy.close();
});

test("an aborted copy rejects with the reason, keeps what it has copied, and is continued", async () => {
  const source = await filledFile();
  const copy = file();
  const stop = new AbortController();
  const onProgress = (): void => stop.abort(new Error("enough"));

  await expect(copyStore(source, copy, { onProgress, signal: stop.signal })).rejects.toThrow("enough");

  const { copied, events } = await copyStore(source, copy);
  expect([events, copied > 0 && copied < 1_500]).toEqual([1_500, true]);
  expect(await contentOf(copy)).toEqual(await contentOf(source));
});

test("a copy that something else has changed is found at its end, with the position", async () => {
  const source = await filledFile(200);
  const path = temporaryPath();
  await copyStore(source, betterSqlite3({ path }));
  const database = new Database(path);
  database.exec('UPDATE events SET metadata = \'{"from":"elsewhere"}\' WHERE position = 150');
  database.close();

  expect(await copyStore(source, betterSqlite3({ path }), { verify: false })).toMatchObject({ copied: 0 });
  await expect(copyStore(source, betterSqlite3({ path }))).rejects.toMatchObject({
    code: "storage-corrupt",
    details: { position: 150 },
  });
});

test("a store that works in another thread cannot be copied", async () => {
  const { path } = await filledFile(100);

  await expect(copyStore(betterSqlite3({ path, worker: true }), file())).rejects.toMatchObject({
    code: "storage-unavailable",
    details: { reason: "no-contents" },
  });
});

describe.skipIf(mayBeLeftOut())("between a file and PostgreSQL", () => {
  const server = usePostgres();
  let schemas = 0;
  const address = (schema = `copy_${++schemas}`): string => `${server().connectionString}&schema=${schema}`;
  const at = (schema: string): Adapter => postgres({ connectionString: server().connectionString, schema });

  test("everything arrives there, and comes back as it was", async () => {
    const source = await filledFile();
    const [there, back] = [at("there"), file()];

    expect(await copyStore(source, there)).toMatchObject({ copied: 1_500, snapshots: 3, parked: 214, results: 2 });
    expect(await copyStore(there, back)).toMatchObject({ copied: 1_500, snapshots: 3, parked: 214 });

    const content = await contentOf(source);
    expect(await contentOf(there)).toEqual(content);
    expect(await contentOf(back)).toEqual(content);

    // It continues as the source would have.
    await using store = await openEventStore(there);
    await store.stream("stream-1").append({ type: "counted", data: 1 }, { expectedVersion: 120 });
    await using consumer = store.consume(reports);
    await consumer.caughtUp();
    expect([consumer.position, (await consumer.parked()).length]).toEqual([1_501, 214]);
  });

  test("a copy that was killed at any moment is completed by repeating it", async () => {
    const { path } = await filledFile(20_000);
    const to = address("killed");
    for (const events of [1_000, 9_000, 17_000]) {
      const child = startRivulet("copy", path, to);
      await untilStored("killed", events);
      child.kill();
      expect((await child.ended).signal).toBe("SIGKILL");
    }

    const { code, output } = rivulet(["copy", path, to, "--json"]);

    expect(code).toBe(0);
    expect(JSON.parse(output)).toMatchObject({ events: 20_000, snapshots: 3 });
    expect(await contentOf(at("killed"))).toEqual(await contentOf(betterSqlite3({ path })));
  });

  async function untilStored(schema: string, events: number): Promise<void> {
    for (let stored = 0; stored < events;) {
      const rows = await server().query<{ head: string | null }>(
        `SELECT CASE WHEN to_regclass('${schema}.events') IS NOT NULL THEN
          (xpath('//head/text()', query_to_xml('SELECT max(position) AS head FROM ${schema}.events', true, true, '')))[1]::text END AS head`,
      );
      stored = Number(rows[0]?.head ?? 0);
    }
  }

  test("an interrupted copy exits with 130 and prints no result", async () => {
    const { path } = await filledFile(20_000);
    const child = startRivulet("copy", path, address("interrupted"));
    await untilStored("interrupted", 1_000);
    child.interrupt();

    const { code, lines, errors } = await child.ended;

    expect([code, lines, errors]).toEqual([130, [], ""]);
  });

  test("every command takes the address of a store on PostgreSQL, and reading creates none", async () => {
    const { path } = await filledFile(300);
    const to = address("commands");
    for (const command of ["stats", "streams", "events", "export", "copy"]) {
      const { code, errors } = rivulet([command, to, ...(command === "copy" ? [temporaryPath()] : [])]);
      expect([code, errors]).toEqual([3, expect.stringContaining('no store in the schema "commands"')]);
    }
    expect(await server().query("SELECT FROM pg_namespace WHERE nspname = 'commands'")).toEqual([]);

    expect(fieldsOf("copy", path, to)).toEqual([
      ["events", "300"],
      ["copied", "300"],
      ["snapshots", "3"],
      ["consumers", "1"],
      ["parked", "42"],
      ["results", "2"],
    ]);
    for (const command of ["streams", "events", "export"]) {
      expect(rivulet([command, to]).output).toBe(rivulet([command, path]).output);
    }
    const figures = fieldsOf("stats", to).filter(([name]) => name !== "format" && name !== "bytes");
    expect(figures).toEqual(fieldsOf("stats", path).filter(([name]) => name !== "format" && name !== "bytes"));
    const exported = rivulet(["export", path]).output;
    expect(rivulet(["import", address("imported"), "--json"], exported).output).toContain('"imported":300');
    expect(rivulet(["export", address("imported")]).output).toBe(exported);
  });

  test("inspect shows what is stored there, and changes nothing", async () => {
    const source = await filledFile(300);
    await copyStore(source, at("inspected"));
    const child = startRivulet("inspect", address("inspected"));
    onTestFinished(() => child.kill());
    const line = await child.line("postgres");
    const store = await openInspected(line.slice(line.indexOf("http")));

    const inspection = inspectStore(store);
    await using there = await openEventStore(source);
    expect(await store.head()).toBe(300);
    expect(await inspection.consumers()).toEqual(await inspectStore(there).consumers());
    expect((await inspection.snapshots()).snapshots.length).toBe(
      (await inspectStore(there).snapshots()).snapshots.length,
    );
    await failure(store.stream("stream-1").append({ type: "counted" }), "storage-unavailable");
  });

  test("no message contains a password", async () => {
    const { path } = await filledFile(100);
    for (const secret of [
      `postgres://someone:s3cr3t@localhost/none?host=${encodeURIComponent(server().host)}`,
      "postgres://someone:s3cr3t@[broken/db",
      "postgras://someone:s3cr3t@localhost:1/db",
      `${server().connectionString}&password=s3cr3t&schema=Wrong`,
    ]) {
      for (const args of [
        ["stats", secret],
        ["copy", secret, path],
        ["copy", path, secret],
      ]) {
        const { code, output, errors } = rivulet(args);
        expect([code === 0, output + errors]).toEqual([false, expect.not.stringContaining("s3cr3t")]);
      }
    }
  });
});
