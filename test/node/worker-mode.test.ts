import { createRequire } from "node:module";
import { isEventStoreError, openEventStore } from "rivulet";
import { createRemoteStorage, type Endpoint } from "rivulet/adapter";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { once } from "node:events";
import { spawn } from "node:child_process";
import { MessageChannel, Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { temporaryFolder, temporaryPath } from "../support/temporary.ts";

test("a store without a worker reads what one with a worker wrote, and the other way round", async () => {
  const path = temporaryPath();
  const worker = await openEventStore(betterSqlite3({ path, worker: true }));
  const inline = await openEventStore(betterSqlite3({ path }));
  const watcher = worker.watch();
  await inline.stream("s").append({ type: "inline" });
  await worker.stream("s").append({ type: "worker" }, { expectedVersion: 1 });

  const seen = [await watcher.next(), await watcher.next()].map(({ value }) => (value as { type: string }).type);

  expect(seen).toEqual(["inline", "worker"]);
  expect(await worker.info()).toMatchObject({ adapter: "better-sqlite3", backend: "file", durability: "full" });
  await worker.close();
  await inline.close();
});

test("a database that cannot be opened is refused with the same error as without a worker", async () => {
  const opening = openEventStore(betterSqlite3({ path: temporaryFolder(), worker: true }));

  const error: unknown = await opening.catch((reason: unknown) => reason);

  expect(isEventStoreError(error, "storage-unavailable")).toBe(true);
});

test("a worker that dies is noticed, and the file opens again with every acknowledged event", async () => {
  const path = temporaryPath();
  const started = once(process, "worker") as Promise<[Worker]>;
  const store = await openEventStore(betterSqlite3({ path, worker: true }));
  const [worker] = await started;
  await store.stream("s").append({ type: "acknowledged" });
  const watcher = store.watch({ after: "head" });
  const next = watcher.next().catch((reason: unknown) => reason);
  await store.head();

  await worker.terminate();

  const append: unknown = await store
    .stream("s")
    .append({ type: "late" })
    .catch((reason: unknown) => reason);
  expect(isEventStoreError(append, "worker-lost")).toBe(true);
  expect(isEventStoreError(await next, "worker-lost")).toBe(true);
  await store.close();
  await using again = await openEventStore(betterSqlite3({ path, worker: true }));
  expect((await again.read().toArray()).map((event) => event.type)).toEqual(["acknowledged"]);
});

test("a worker that ends before it has opened the database is noticed", async () => {
  process.once("worker", (worker) => void worker.terminate());

  const error: unknown = await openEventStore(betterSqlite3({ path: temporaryPath(), worker: true })).catch(
    (reason: unknown) => reason,
  );

  expect(isEventStoreError(error, "worker-lost")).toBe(true);
});

test("a process without other work ends by itself although a store in a worker is open", async () => {
  const script = `
    import { openEventStore } from "rivulet";
    import { betterSqlite3 } from "rivulet/better-sqlite3";
    const store = await openEventStore(betterSqlite3({ path: process.argv[1], worker: true }));
    await store.stream("s").append({ type: "happened" });
    for await (const event of store.watch()) break;
    console.log(await store.head());
  `;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script, temporaryPath()], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (chunk) => (output += String(chunk)));

  // Unlike at its exit, all that it has written was read by then.
  const [code] = (await once(child, "close")) as [number | null];

  expect({ code, output }).toEqual({ code: 0, output: "1\n" });
});

/** A worker of a version that knew no packed appends. It ends at any other message than an object with a call. */
const EARLIER_WORKER = `
  const { parentPort } = require("node:worker_threads");
  parentPort.on("message", ({ port }) => {
    port.on("message", ({ n, call }) => {
      if (typeof call !== "string") throw new Error("not understood");
      const stored = [{ ok: true, timestamp: 1, entries: [{ position: 1, version: 1, known: [] }] }];
      port.postMessage({ n, answer: call === "append" ? stored : undefined });
    });
    parentPort.postMessage({ opened: true });
  });
`;

test("other work gets a turn between the pages of a read, also if the worker always has the next page ready", async () => {
  await using store = await openEventStore(betterSqlite3({ path: temporaryPath(), worker: true }));
  await store.stream("s").append(Array.from({ length: 4_000 }, () => ({ type: "noted" })));
  let inTurn = 0;
  let most = 0;
  let next = setImmediate(function tick() {
    most = Math.max(most, inTurn);
    inTurn = 0;
    next = setImmediate(tick);
  });

  for await (const { position } of store.read()) {
    inTurn += 1;
    // The thread sleeps, so that the worker can answer.
    if (position % 100 === 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
  }

  clearImmediate(next);
  expect(most).toBeGreaterThan(0);
  expect(most, "two pages at most").toBeLessThanOrEqual(800);
});

test("a worker of an earlier version, such as a copy beside a bundle, gets messages that it understands", async () => {
  const worker = (): Worker => new Worker(EARLIER_WORKER, { eval: true });
  await using store = await openEventStore(betterSqlite3({ worker }));

  const { position, version } = await store.stream("s").append({ type: "happened" });

  expect({ position, version }).toEqual({ position: 1, version: 1 });
});

test("a worker answers an application of an earlier version as it asks", async () => {
  const worker = new Worker(createRequire(import.meta.url).resolve("rivulet/better-sqlite3/worker"));
  const { port1, port2 } = new MessageChannel();
  worker.postMessage({ options: {}, port: port2 }, [port2]);
  const [opened] = (await once(worker, "message")) as [unknown];
  const storage = createRemoteStorage(port1 as unknown as Endpoint, { capabilities: [] });
  const event = { id: "1", type: "happened", schemaVersion: 1, data: null, metadata: null };
  const entries = [{ stream: "s", expectedVersion: "any" as const, events: [event] }];

  const outcomes = await storage.append([{ entries, timestamp: 1, freshIds: true }]);

  expect(opened).toMatchObject({ opened: true });
  expect(outcomes).toEqual([{ ok: true, timestamp: 1, entries: [{ position: 1, version: 1, known: [] }] }]);
  await storage.close();
  await worker.terminate();
});
