import Database from "better-sqlite3";
import { copyFileSync, rmSync } from "node:fs";
import { openEventStore, type Event, type EventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { defineConsumer, type ConsumerCheckpoint } from "rivulet/consumers";
import { expect, test } from "vitest";
import { backToFormat } from "../support/older-format.ts";
import { failure } from "../support/outcome.ts";
import { temporaryPath } from "../support/temporary.ts";

type Counted = Event<"counted", number>;

function open(path: string): Promise<EventStore> {
  return openEventStore(betterSqlite3({ path }));
}

async function count(store: EventStore, first: number, last: number): Promise<void> {
  for (let n = first; n <= last; n++) await store.stream("s").append({ type: "counted", data: n });
}

/**
 * A copy is made at event 3, five events are handled, the copy is restored, and three events are appended: 4 and 5 are
 * different events now.
 */
async function restore(handle: (store: EventStore) => Promise<unknown>): Promise<EventStore> {
  const path = temporaryPath();
  const backup = temporaryPath();
  const before = await open(path);
  await count(before, 1, 3);
  await before.close();
  copyFileSync(path, backup);
  const store = await open(path);
  await count(store, 4, 5);
  await handle(store);
  await store.close();

  for (const end of ["-wal", "-shm"]) rmSync(path + end, { force: true });
  copyFileSync(backup, path);
  const restored = await open(path);
  await count(restored, 40, 42);
  return restored;
}

test.each(["event by event", "in batches, in one transaction with what they write"])(
  "a checkpoint kept elsewhere, %s, is refused by a store that was restored from a copy",
  async (how) => {
    const seen: number[] = [];
    let kept: ConsumerCheckpoint | undefined;
    const single = how === "event by event";
    const definition = defineConsumer<Counted>({
      name: "elsewhere",
      checkpoint: {
        load: () => kept,
        ...(single && { save: (_, { checkpoint }) => void (kept = checkpoint) }),
      },
      ...(single
        ? { handler: ({ data }) => void seen.push(data) }
        : {
            batchHandler(events, { checkpoint }) {
              seen.push(...events.map(({ data }) => data));
              kept = checkpoint;
            },
          }),
    });

    await using restored = await restore((store) => store.consume(definition).caughtUp());
    expect(seen).toEqual([1, 2, 3, 4, 5]);

    const error = await failure(restored.consume(definition).ended, "lineage-changed");
    const { lineage } = await restored.info();
    const [, , , , fifth] = await restored.read().toArray();
    expect(error.details).toEqual({
      name: "elsewhere",
      position: 5,
      expected: { lineage, eventId: kept?.eventId },
      found: { lineage, eventId: fifth?.id },
    });
    expect(error.message).toMatch(/restored from a copy.*Clear what it wrote/);
    // As the error's message advises: after clearing, everything is built anew.
    kept = undefined;
    seen.length = 0;
    await restored.consume(definition).caughtUp();
    expect(seen).toEqual([1, 2, 3, 40, 41, 42]);
  },
);

test("a checkpoint kept in the store is restored with it, and no event is skipped", async () => {
  const seen: number[] = [];
  const definition = defineConsumer<Counted>({ name: "here", handler: ({ data }) => void seen.push(data) });

  await using restored = await restore((store) => store.consume(definition).caughtUp());
  await restored.consume(definition).caughtUp();

  expect(seen).toEqual([1, 2, 3, 4, 5, 1, 2, 3, 40, 41, 42]);
});

test("a watch after a position beyond the head of a restored store is refused", async () => {
  await using restored = await restore(() => Promise.resolve());
  await failure(restored.watch({ after: 7 }).next(), "invalid-argument");
  await failure(restored.stream("s").watch({ after: 7 }).next(), "invalid-argument");
});

test("a checkpoint in the store that is ahead of its events is reported as damage, also by queries about it", async () => {
  const path = temporaryPath();
  const store = await open(path);
  await count(store, 1, 3);
  await store.close();
  const database = new Database(path);
  database.exec("INSERT INTO checkpoints (name, position) VALUES ('ahead', 9)");
  database.close();

  await using again = await open(path);
  const consumer = again.consume(defineConsumer({ name: "ahead", handler: () => undefined }));
  await failure(consumer.caughtUp(2), "storage-corrupt");
  await failure(consumer.lag(), "storage-corrupt");
  await failure(consumer.ended, "storage-corrupt");
});

test("a file of an older format gets a lineage, and one from a browser keeps its identity", async () => {
  const lineages: string[] = [];
  for (const identity of [undefined, "1c4d3f0e-9a67-4f5b-8f1b-3f7f2f9b7a11"]) {
    const path = temporaryPath();
    await (await open(path)).close();
    const old = new Database(path);
    backToFormat(old, 3);
    if (identity !== undefined) old.prepare("INSERT INTO meta (key, value) VALUES ('database', ?)").run(identity);
    old.close();
    for (let opened = 0; opened < 2; opened++) {
      await using store = await open(path);
      lineages.push((await store.info()).lineage);
    }
    const meta = new Database(path);
    expect(meta.prepare("SELECT count(*) FROM meta WHERE key = 'database'").pluck().get()).toBe(0);
    meta.close();
  }
  const [fresh, again, ...kept] = lineages;
  expect(fresh).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(again).toBe(fresh);
  expect(kept).toEqual(Array.from({ length: 2 }, () => "1c4d3f0e-9a67-4f5b-8f1b-3f7f2f9b7a11"));
});

test("a file without a lineage is damaged, and refused", async () => {
  const path = temporaryPath();
  await (await open(path)).close();
  const database = new Database(path);
  database.exec("DELETE FROM meta WHERE key = 'lineage'");
  database.close();

  expect((await failure(open(path), "storage-corrupt")).message).toContain("lineage");
});
