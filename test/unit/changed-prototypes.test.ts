import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { memory } from "rivulet";
import { ndjson } from "rivulet/ndjson";
import { fork } from "rivulet/time-travel";
import { afterEach, expect, test } from "vitest";

const put: (() => void)[] = [];

/** Defines a property of a prototype for one test. */
function change(prototype: object, name: string, descriptor: PropertyDescriptor): void {
  Object.defineProperty(prototype, name, { configurable: true, ...descriptor });
  put.push(() => Reflect.deleteProperty(prototype, name));
}

afterEach(() => {
  for (const undo of put.splice(0)) undo();
});

const CHANGES: Readonly<Record<string, () => void>> = {
  "toJSON on all objects": () => change(Object.prototype, "toJSON", { value: () => "changed" }),
  "toJSON on all arrays": () => change(Array.prototype, "toJSON", { value: () => "changed" }),
  "a setter on all objects": () => change(Object.prototype, "deep", { set: () => undefined }),
  "a property of all objects that cannot be written": () =>
    change(Object.prototype, "deep", { value: "changed", writable: false }),
};

const data = { deep: [{ list: [1, [2]] }, "text"], toString: "own", ["__proto__"]: 1, nested: { deep: null } };
const metadata = { user: { list: [1] }, deep: true };
const text = (value: unknown): string => {
  for (const undo of put.splice(0)) undo();
  return JSON.stringify(value);
};

const STORES = { memory: () => memory(), SQLite: () => betterSqlite3() };
const cases = Object.keys(CHANGES).flatMap((what) => Object.keys(STORES).map((where) => [what, where] as const));

test.each(cases)("%s changes nothing of what is stored, in %s", async (what, where) => {
  const store = await openEventStore(STORES[where as keyof typeof STORES]());
  const expected = text([data, metadata]);
  CHANGES[what]?.();

  await store.stream("a").append({ type: "t", data, metadata });
  await store.stream("a").saveSnapshot({ projection: "p", version: 1, state: data });
  const [event] = await store.read({ types: ["t"], streams: ["a"] }).toArray();
  const snapshot = await store.stream("a").loadSnapshot("p");
  const lines = await store.exportEvents(ndjson).toArray();
  const copy = await openEventStore(memory());
  await copy.importEvents(ndjson, lines);
  const [imported] = await copy.read().toArray();
  const forked = await fork(store);
  const [forkedEvent] = await forked.read().toArray();

  for (const one of [event, imported, forkedEvent]) expect(text([one?.data, one?.metadata])).toBe(expected);
  expect(text(snapshot?.state)).toBe(text(data));
  for (const one of [store, copy, forked]) await one.close();
});
