import Database from "better-sqlite3";
import { openEventStore, type Consumer, type Event, type EventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { defineConsumer } from "rivulet/consumers";
import { expect, onTestFinished, test } from "vitest";
import { failure } from "../support/outcome.ts";
import { temporaryPath } from "../support/temporary.ts";

type Counted = Event<"counted", number>;

/** Opens a store whose write lock another connection holds, with a consumer that starts at the head, event 1. */
async function beginLocked(retryDelay: number) {
  const path = temporaryPath();
  const open = (): Promise<EventStore> => openEventStore(betterSqlite3({ path, busyTimeout: 30 }));
  const seen: number[] = [];
  const definition = defineConsumer<Counted>({
    name: "new",
    after: "head",
    retry: { delay: retryDelay, maxDelay: retryDelay },
    handler: ({ data }) => void seen.push(data),
  });
  const store = await open();
  await store.stream("a").append({ type: "counted", data: 1 });
  const other = new Database(path);
  onTestFinished(() => void other.close());
  other.exec("BEGIN IMMEDIATE");
  const consumer = store.consume(definition);
  return {
    store,
    consumer,
    unlock: () => void other.exec("ROLLBACK"),
    /** Appends an event, starts the consumer again, and returns the events that it handles. */
    async next(): Promise<readonly number[]> {
      await store.close();
      const again = await open();
      await again.stream("a").append({ type: "counted", data: 2 });
      const started = again.consume(definition);
      await started.caughtUp();
      await again.close();
      return seen;
    },
  };
}

const failing = (consumer: Consumer): Promise<unknown> =>
  new Promise((resolve) => consumer.subscribe((now) => now.failing !== undefined && resolve(now.failing.error)));

const BUSY = { code: "consumer-failed", details: { name: "new" }, cause: { code: "storage-busy" } };
const FOREVER = 10 ** 6;

test("closing a consumer that is retrying to save its first checkpoint saves it if the lock is free by then", async () => {
  const { consumer, unlock, next } = await beginLocked(FOREVER);
  expect(await failing(consumer)).toMatchObject({ code: "storage-busy" });
  unlock();

  await consumer.close();

  await consumer.ended;
  expect(consumer.error).toBeUndefined();
  expect(await next()).toEqual([2]);
});

test("closing a consumer waits while its first checkpoint is being saved", async () => {
  const { consumer, unlock, next } = await beginLocked(FOREVER);
  const closing = consumer.close();
  unlock();

  await closing;
  await consumer.ended;
  expect(await next()).toEqual([2]);
});

test.each([
  ["before its first try is over", FOREVER, false],
  ["while it waits to try again", FOREVER, true],
  ["between many tries", 1, true],
])("closing a consumer rejects where it begins cannot be written, %s", async (_when, delay, wait) => {
  const { store, consumer, unlock, next } = await beginLocked(delay);
  if (wait) await failing(consumer);

  const error = await failure(consumer.close(), "consumer-failed");

  expect(error).toMatchObject(BUSY);
  expect(error.message).toContain("where it begins is not kept");
  expect(await failure(consumer.ended, "consumer-failed")).toBe(error);
  expect([consumer.error, consumer.status]).toEqual([error, "stopped"]);
  // After it has reported the error, the consumer can be started again.
  unlock();
  const again = store.consume(defineConsumer({ name: "new", after: "head", handler: () => undefined }));
  await again.close();
  expect(await next()).toEqual([2]);
});

test("if the store is closed instead, the consumer's `ended` rejects", async () => {
  const { store, consumer } = await beginLocked(FOREVER);
  await failing(consumer);

  await store.close();

  expect(await failure(consumer.ended, "consumer-failed")).toMatchObject(BUSY);
});

test("if the consumer is aborted instead, `ended` rejects with the signal's reason, and `failing` keeps the storage error", async () => {
  const path = temporaryPath();
  await using store = await openEventStore(betterSqlite3({ path, busyTimeout: 30 }));
  const other = new Database(path);
  onTestFinished(() => void other.close());
  other.exec("BEGIN IMMEDIATE");
  const stop = new AbortController();
  const definition = defineConsumer({ name: "new", after: "head", handler: () => undefined });
  const consumer = store.consume(definition, { signal: stop.signal });
  await failing(consumer);

  stop.abort(new Error("enough"));

  await expect(consumer.ended).rejects.toThrow("enough");
  expect(consumer.failing?.error).toMatchObject({ code: "storage-busy" });
});
