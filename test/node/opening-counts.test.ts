/** How many statements SQLite compiles before a store can be used: a browser that has just started compiles SQLite itself meanwhile. */
import { openEventStore } from "rivulet";
import { expect, test } from "vitest";
import { fileAdapter } from "../support/sqlite-driver.ts";
import { temporaryPath } from "../support/temporary.ts";

test("opening a database compiles few statements, and so do the first append and read: most are compiled when they are used", async () => {
  const path = temporaryPath();
  await (await openEventStore(fileAdapter({ path }))).close();
  const statements: string[] = [];
  const counts: number[] = [];
  const note = (): void => void counts.push(statements.splice(0).length);

  const store = await openEventStore(fileAdapter({ path, beforeStatement: (sql) => statements.push(sql) }));
  note();
  await store.stream("a").append({ type: "happened" });
  note();
  await store.read().toArray();
  note();
  await store.stream("a").saveSnapshot({ projection: "p", version: 1, state: 1 });
  note();
  await store.close();

  const [opening, ...first] = counts as [number, ...number[]];
  expect(opening).toBeLessThanOrEqual(32);
  expect(Math.max(...first)).toBeLessThanOrEqual(4);
  // A call that is new compiles what it needs.
  expect(first.at(-1)).toBeGreaterThan(0);
});
