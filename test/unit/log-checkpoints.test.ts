import { fakeTime } from "../support/movable-time.ts";
import { copyFileSync, renameSync } from "node:fs";
import { openEventStore, type Adapter } from "rivulet";
import type { SqliteDriver } from "rivulet/adapter";
import { expect, onTestFinished, test, vi } from "vitest";
import { engine } from "../../dist/adapters/better-sqlite3/engine.js";
import { openStorage, type StorageOptions } from "../../dist/adapters/node/storage.js";
import { longLogBatch } from "../support/long-log-batches.ts";
import { temporaryPath } from "../support/temporary.ts";

type Engine = Parameters<typeof openStorage>[0];

test.each([1, 2, 3])(
  "an opening that fails at its write number %i leaves no timer that would look at the closed database",
  async (failing) => {
    const strict = withDriver((driver) => {
      let closed = false;
      let writes = 0;
      const transaction: SqliteDriver["transaction"] = (mode, work) => {
        if (mode === "write" && ++writes === failing) throw new Error("the disk is full");
        return driver.transaction(mode, work);
      };
      return Object.create(driver, {
        transaction: { value: transaction, writable: true },
        // As `node:sqlite` does.
        inTransaction: {
          get() {
            if (closed) throw new Error("database is not open");
            return driver.inTransaction;
          },
        },
        close: {
          value() {
            closed = true;
            driver.close();
          },
        },
      }) as SqliteDriver;
    });
    fakeTime(["setTimeout", "clearTimeout"]);
    onTestFinished(() => void vi.useRealTimers());
    const opening = openStorage(strict, { path: temporaryPath(), indexedMetadata: ["user"] });

    await expect(opening).rejects.toThrow("the disk is full");
    expect(vi.getTimerCount()).toBe(0);
  },
);

test("where another file has the path by now, no thread opens it, and the log is copied as without one", async () => {
  let started = 0;
  let driver: SqliteDriver | undefined;
  const counting: Engine = {
    ...withDriver((opened) => (driver = opened)),
    startCheckpoints() {
      started += 1;
      return engine.startCheckpoints();
    },
  };
  const path = temporaryPath();
  const other = temporaryPath();
  await (await openEventStore(adapterOf(engine, { path: other }))).close();
  await using store = await openEventStore(adapterOf(counting, { path, durability: "normal" }));
  renameSync(path, `${path}.moved`);
  copyFileSync(other, path);

  const length = (): number => driver?.prepare("PRAGMA wal_checkpoint(NOOP)").get()?.[1] as number;
  let longest = 0;
  for (let batch = 0; length() >= longest; batch++) {
    longest = length();
    await store.append(longLogBatch(0, batch));
  }
  expect(longest).toBeGreaterThan(4_000);
  expect(longest).toBeLessThan(28_000);
  expect(started).toBe(0);
});

function withDriver(change: (driver: SqliteDriver) => SqliteDriver): Engine {
  return { ...engine, open: (path, readOnly) => change(engine.open(path, readOnly)) };
}

function adapterOf(used: Engine, options: StorageOptions): Adapter {
  return {
    name: used.name,
    open: async () => ({ storage: await openStorage(used, options), defer: setImmediate, verbs: {} }),
  };
}
