/** What a client keeps of an outbox that others change, too: it is used only for as long as nothing has come in between. */
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { createEntryIndex } from "../../dist/src/storage/entry-index.js";
import type { FollowedRecord, OutboxEntry, StoredRecord, SyncStorage } from "../../dist/src/storage/protocol.js";
import { afterStep, toView } from "../../dist/src/sync/replica/outbox-view.js";
import { temporaryPath } from "../support/temporary.ts";

const itemAt = (position: number): FollowedRecord => ({ kind: "stream", name: "s", position, mark: null });
const entryOf = (id: string) => ({ id, streams: ["s"], ids: [`event of ${id}`], body: "{}", timestamp: 0 });
const eventOf = (id: string, version: number): StoredRecord => ({
  ...{ stream: "s", id: `event of ${id}`, type: "noted", version, position: version },
  ...{ data: null, metadata: null, timestamp: 0, schemaVersion: 1 },
});

test("an entry that another process has queued leaves the outbox when its events are confirmed here", async () => {
  const path = temporaryPath();
  const open = async (): Promise<SyncStorage> => {
    const { storage } = await betterSqlite3({ path }).open();
    onTestFinished(() => storage.close());
    return storage.sync as SyncStorage;
  };
  const [queueing, confirming] = [await open(), await open()];
  await confirming.follow([itemAt(0)]);
  const confirm = (id: string, version: number) =>
    confirming.applyConfirmed({
      ...{ lineage: "hub", events: [eventOf(id, version)], items: [itemAt(version - 1)] },
      place: { position: version, mark: null },
    });
  // From now on, this process knows which entries wait for which events.
  await confirm("a", 1);
  await queueing.enqueue([{ entry: entryOf("b"), most: 10 }]);

  expect(await confirm("b", 2)).toMatchObject({ outcome: "applied" });

  expect((await confirming.listEntries({ after: 0, limit: 10 })).entries).toEqual([]);
});

test("entries that have left in other ways than by their events are not kept in mind for ever", () => {
  let lists = 0;
  const index = createEntryIndex(() => ((lists += 1), []));
  const leave = (times: number): void => {
    for (let left = 0; left < times; left++) index.left();
    for (const _entry of index.take([{ id: "other" }])) throw new Error("nothing waits for it");
  };
  leave(0);
  leave(1_000);
  expect(lists).toBe(1);
  leave(1);
  expect(lists).toBe(2);
});

test.each([
  ["the next generation", { from: 4, to: 5 }, 5],
  ["no change", { from: 4, to: 4 }, 4],
  ["a change after another client's", { from: 5, to: 6 }, undefined],
  ["no change after another client's", { from: 5, to: 5 }, undefined],
  ["an earlier generation", { from: 3, to: 4 }, undefined],
  ["nothing known", undefined, undefined],
])("a view is carried on only from its own generation: %s", (_what, step, generation) => {
  const entry: OutboxEntry = { ...entryOf("a"), number: 1, rejected: null };
  const next = afterStep(() => undefined)(step && { step }, toView(4, [], [entry]));

  expect(next?.generation).toBe(generation);
  if (generation !== undefined) expect(next?.count).toBe(generation === 4 ? 1 : 0);
});
