import Database from "better-sqlite3";
import { openEventStore, type EventStore } from "rivulet";
import type { EventPage, EventStorage } from "rivulet/adapter";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { expect, test } from "vitest";
import { recordStatements } from "../support/statements.ts";
import { temporaryPath } from "../support/temporary.ts";

const MEGABYTE = 1 << 20;

test("no page of events is much larger than the largest event", async () => {
  const pages: EventPage[] = [];
  const store = await openRecorded(pages);
  const stream = store.stream("large");
  const watcher = store.watch({ after: "head" });
  const first = watcher.next();
  const data = "x".repeat(5 * MEGABYTE);
  await stream.append(Array.from({ length: 12 }, () => ({ type: "large", data })));
  await stream.append(Array.from({ length: 12 }, () => ({ type: "small", data: "x" })));

  expect((await first).done).toBe(false);
  for (let seen = 1; seen < 24; seen++) await watcher.next();
  expect(await store.read().toArray()).toHaveLength(24);
  expect(await stream.read({ direction: "backward" }).toArray()).toHaveLength(24);
  expect(await store.read({ types: ["large"] }).toArray()).toHaveLength(12);
  const conflict: unknown = await stream
    .append({ type: "late" }, { expectedVersion: 0 })
    .catch((error: unknown) => error);
  expect(conflict).toMatchObject({ code: "version-conflict", details: { actual: 24, complete: false } });

  expect(Math.max(...pages.map((page) => page.rows.length))).toBeLessThan(17 * MEGABYTE);
  await store.close();
});

test("a filter by streams walks through positions without collecting them first", async () => {
  const path = temporaryPath();
  const statements = recordStatements();
  const store = await openEventStore(betterSqlite3({ path }));
  await store.stream("a").append([{ type: "happened" }, { type: "happened" }]);
  await store.read({ streams: ["a"] }).toArray();
  await store.read({ streamPrefix: "a", direction: "backward" }).toArray();
  await store.close();

  const pages = statements.all.filter((sql) => sql.includes("group_concat"));
  const database = new Database(path);
  const plans = pages.map((sql) =>
    JSON.stringify(database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...parameters(sql))),
  );
  database.close();

  expect(plans).toHaveLength(2);
  for (const plan of plans) expect(plan).not.toContain("TEMP B-TREE");
});

/** A store whose storage records the pages that it returns. */
async function openRecorded(pages: EventPage[]): Promise<EventStore> {
  const adapter = betterSqlite3({ path: temporaryPath(), durability: "normal" });
  return openEventStore({
    name: "recorded",
    async open() {
      const opened = await adapter.open();
      const readPage: EventStorage["readPage"] = async (query) => {
        const page = await opened.storage.readPage(query);
        pages.push(page);
        return page;
      };
      return { ...opened, storage: { ...opened.storage, readPage } };
    },
  });
}

function parameters(sql: string): unknown[] {
  return Array.from({ length: sql.split("?").length - 1 }, () => "[]");
}
