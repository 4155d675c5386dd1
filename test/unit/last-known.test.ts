/** The last known state of a live projection, kept in a storage outside of the store. */
import { isEventStoreError, memory, openEventStore, type Event, type EventStore } from "rivulet";
import { EventStoreError } from "rivulet/adapter";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import {
  defineProjection,
  lastKnown,
  type KeyValueStorage,
  type LastKnown,
  type LastKnownOptions,
} from "rivulet/projections";
import { useProjection } from "rivulet/vue";
import { describe, expect, onTestFinished, test } from "vitest";
import { shallowRef } from "vue";
import { temporaryPath } from "../support/temporary.ts";
import { until } from "../support/until.ts";

type ListEvent = Event<"added", { item: string }>;
type Items = { readonly items: readonly string[] };

const items = defineProjection<Items, ListEvent>({
  name: "items",
  initial: () => ({ items: [] }),
  on: { added: (state, { data }) => ({ items: [...state.items, data.item] }) },
});
const added = (item: string): ListEvent => ({ type: "added", data: { item } });

/** A storage in memory, with the texts that were written. */
function createStorage(): KeyValueStorage & { readonly texts: Map<string, string>; readonly written: string[] } {
  const texts = new Map<string, string>();
  const written: string[] = [];
  return {
    texts,
    written,
    getItem: (key) => texts.get(key) ?? null,
    setItem(key, text) {
      written.push(text);
      texts.set(key, text);
    },
    removeItem: (key) => void texts.delete(key),
  };
}

async function openStore(path = temporaryPath()): Promise<EventStore> {
  const store = await openEventStore(betterSqlite3({ path }));
  onTestFinished(() => store.close());
  return store;
}

/** Options that write at once. */
function optionsOf(storage: KeyValueStorage, more: Partial<LastKnownOptions> = {}): LastKnownOptions {
  return { database: "list", storage, interval: 0, clock: () => 1234.5, ...more };
}

/** A live state and a store by hand. */
function byHand(position: number | undefined, { lineage = "one", head = 10, backend = "file" } = {}) {
  let end: (error: unknown) => void = () => undefined;
  const ended = new Promise<void>((_resolve, reject) => (end = reject));
  const live = {
    state: { items: [`from ${String(position)}`] },
    ...(position !== undefined && { position }),
    async *[Symbol.asyncIterator]() {
      yield live;
      await ended;
    },
  };
  const store = { info: () => Promise.resolve({ lineage, backend }), head: () => Promise.resolve(head) };
  return { live, store, end };
}

test("a component shows a last known state that is made when it is mounted, then the live one", async () => {
  const storage = createStorage();
  await keep(storage, 5);
  const store = shallowRef<EventStore>();
  const last = shallowRef<LastKnown<Items>>();
  const shown = useProjection(store, () => last.value ?? items);
  expect(shown.value).toMatchObject({ state: { items: [] }, caughtUp: false });

  last.value = lastKnown(items, optionsOf(storage));
  expect(shown.value).toMatchObject({ state: { items: ["from 5"] }, position: 5, caughtUp: false });

  store.value = await openStore();
  await until(() => shown.value.caughtUp);
  expect(shown.value.state).toEqual({ items: [] });
});

async function keep(storage: ReturnType<typeof createStorage>, ...args: Parameters<typeof byHand>): Promise<Items> {
  const { live, store } = byHand(...args);
  let asked = 0;
  const head = (): Promise<number> => Promise.resolve(args[1]?.head ?? 10).finally(() => (asked += 1));
  const last = lastKnown(items, optionsOf(storage));
  const before = storage.written.length;
  const stop = last.keep(live, { ...store, head });
  await until(() => storage.written.length > before || asked > 0);
  await new Promise((resolve) => setImmediate(resolve));
  stop();
  return lastKnown(items, optionsOf(storage)).known?.state as Items;
}

test("the state of a live projection is known before the store is opened again, frozen, with its position and time", async () => {
  const [path, storage] = [temporaryPath(), createStorage()];
  const first = await openStore(path);
  await first.stream("a").append([added("milk"), added("bread")]);
  const before = lastKnown(items, optionsOf(storage));
  expect(before.known).toBeUndefined();

  const live = before.project(first);
  await until(() => storage.written.length > 0);
  expect(before.known).toEqual({ state: live.state, position: 2, timestamp: 1234 });
  await first.close();

  const { known } = lastKnown(items, optionsOf(storage));
  expect(known).toEqual({ state: { items: ["milk", "bread"] }, position: 2, timestamp: 1234 });
  expect([known, known?.state, known?.state.items].every(Object.isFrozen)).toBe(true);
});

const OTHERS: Readonly<Record<string, Partial<LastKnownOptions>>> = {
  "another database": { database: "other" },
  "a stream": { stream: "a" },
  "another stream": { stream: "b" },
  "a stream whose events are filtered": { stream: "a", metadata: { user: "ada" } },
  "a prefix": { streamPrefix: "a" },
  streams: { streams: ["a"] },
  types: { types: ["added"] },
  ids: { ids: ["a"] },
  metadata: { metadata: { user: "ada" } },
  "other metadata": { metadata: { user: "bob" } },
};

test("the state of each database, stream and filter is kept apart, and that of another name or schema is not shown", async () => {
  const storage = createStorage();
  const store = await openStore();
  for (const more of [{}, ...Object.values(OTHERS)]) {
    const { known } = lastKnown(items, optionsOf(storage, more));
    expect(known).toBeUndefined();
    const live = lastKnown(items, optionsOf(storage, more)).project(store);
    const before = storage.written.length;
    await until(() => storage.written.length > before);
    live.close();
  }
  expect(storage.texts.size).toBe(1 + Object.keys(OTHERS).length);

  const define = (name: string, schema: number) =>
    defineProjection<Items>({ name, schema, initial: items.initial, on: {} });
  expect(lastKnown(define("items", 1), optionsOf(storage)).known).toBeDefined();
  expect(lastKnown(define("items", 2), optionsOf(storage)).known).toBeUndefined();
  expect(lastKnown(define("items2", 1), optionsOf(storage)).known).toBeUndefined();
});

test("whatever else is found in the storage is not shown, and is replaced", async () => {
  const storage = createStorage();
  await keep(storage, 3);
  const [[key, good] = []] = storage.texts as unknown as Iterable<[string, string]>;
  const kept = JSON.parse(good as string) as Record<string, unknown>;
  const odd = [
    ...["", "{", "null", "7", '"text"', "[]", "{}", good?.slice(0, -1)],
    ...Object.keys(kept).map((name) => JSON.stringify({ ...kept, [name]: undefined })),
    ...["schema", "lineage", "position", "timestamp"].map((name) => JSON.stringify({ ...kept, [name]: {} })),
  ];
  for (const text of odd) {
    storage.texts.set(key as string, text as string);
    expect([text, lastKnown(items, optionsOf(storage)).known]).toEqual([text, undefined]);
    expect((await keep(storage, 2)).items).toEqual(["from 2"]);
  }
});

test("many changes are one write, of the newest state, at the latest when the store is closed", async () => {
  const storage = createStorage();
  const store = await openStore();
  const live = lastKnown(items, optionsOf(storage, { interval: 3_600_000 })).project(store);
  await live.caughtUp();
  for (const item of "abc") await live.caughtUp((await store.stream("a").append(added(item))).position);
  expect(storage.written).toEqual([]);

  await store.close();
  await until(() => storage.written.length > 0);
  expect(storage.written).toHaveLength(1);
  expect(lastKnown(items, optionsOf(storage)).known?.state.items).toEqual(["a", "b", "c"]);
});

describe("of several tabs", () => {
  test.each([
    ["one that is behind keeps nothing", 3, {}, 5],
    ["one that is ahead keeps its state", 7, {}, 7],
    ["one at the same position keeps its state", 5, {}, 5],
    ["a tab keeps its state if the database has lost what was ahead", 3, { head: 4 }, 3],
    ["a tab keeps its state if what was kept is of another history", 3, { lineage: "two" }, 3],
    ["the last one keeps its state if positions are unknown", undefined, {}, undefined],
  ] as const)("%s", async (_what, position, more, kept) => {
    const storage = createStorage();
    expect((await keep(storage, 5)).items).toEqual(["from 5"]);
    expect((await keep(storage, position, more)).items).toEqual([`from ${String(kept)}`]);
  });
});

test("a state of another history is known until the store has told its own, even if nothing is live yet", async () => {
  const storage = createStorage();
  await keep(storage, 5, { lineage: "one" });
  const silent = {
    state: { items: [] },
    position: 0,
    [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined) }),
  };
  for (const lineage of ["one", "two"]) {
    const last = lastKnown(items, optionsOf(storage));
    expect(last.known?.position).toBe(5);
    last.keep(silent, byHand(1, { lineage }).store);
    await new Promise((resolve) => setImmediate(resolve));
    expect(last.known?.position).toBe(lineage === "one" ? 5 : undefined);
  }
});

test("what was kept of a database that is replaced is removed, and what another tab keeps of the new one stays", async () => {
  const storage = createStorage();
  for (const others of [false, true]) {
    const { live, store, end } = byHand(3);
    lastKnown(items, optionsOf(storage)).keep(live, store);
    await until(() => storage.written.length > 0);
    if (others) await keep(storage, 1, { lineage: "two" });
    end(new EventStoreError("store-replaced", "replaced", {}));
    await new Promise((resolve) => setImmediate(resolve));
    expect(lastKnown(items, optionsOf(storage)).known?.position).toBe(others ? 1 : undefined);
    storage.written.length = 0;
  }
});

test("the state of a store in memory is known to its page, and not kept", async () => {
  const storage = createStorage();
  const store = await openEventStore(memory());
  const last = lastKnown(items, optionsOf(storage));
  const live = last.project(store);
  await store.stream("a").append(added("milk"));
  await until(() => last.known?.state.items[0] === "milk");
  await store.close();
  await live.ended;

  await new Promise((resolve) => setImmediate(resolve));
  expect(storage.written).toEqual([]);
});

const failing = (verb: keyof KeyValueStorage): KeyValueStorage & { readonly error: Error } => {
  const error = new Error(`${verb} failed`);
  const thrown = (): never => {
    throw error;
  };
  return { ...createStorage(), [verb]: thrown, error };
};

test.each(["getItem", "setItem"] as const)("an error of %s is told, and the live state goes on", async (verb) => {
  const storage = failing(verb);
  const errors: unknown[] = [];
  const last = lastKnown(items, optionsOf(storage, { onError: (error) => errors.push(error) }));
  const store = await openStore();
  const live = last.project(store);
  await store.stream("a").append(added("milk"));
  await until(() => last.known?.state.items[0] === "milk" && errors.length > 0);

  expect(new Set(errors)).toEqual(new Set([storage.error]));
  expect(live.error).toBeUndefined();
});

test.each([
  ["too long", { maxLength: 100 }, "maxLength", "x".repeat(100)],
  ["no JSON value", {}, "state.items[0]", 1n as unknown as string],
])("a state that is %s is told and not kept, and no older one stays", async (_what, more, argument, item) => {
  const storage = createStorage();
  const errors: unknown[] = [];
  await keep(storage, 3);
  expect(storage.texts.size).toBe(1);
  const last = lastKnown(items, optionsOf(storage, { ...more, onError: (error) => errors.push(error) }));
  const { live, store } = byHand(4);
  last.keep({ ...live, state: { items: [item] } }, store);
  await until(() => errors.length > 0);

  expect(errors.map((error) => isEventStoreError(error, "invalid-argument") && error.details.argument)).toEqual([
    argument,
  ]);
  expect(storage.texts.size).toBe(0);
  expect(last.known?.state.items).toEqual([item]);
});

test("clear removes what is kept, also what was about to be written; a later change is kept again", async () => {
  const storage = createStorage();
  await keep(storage, 3);
  const last = lastKnown(items, optionsOf(storage, { interval: 3_600_000 }));
  const store = await openStore();
  const live = last.project(store);
  await store.stream("a").append(added("milk"));
  await until(() => last.known?.state.items[0] === "milk");
  last.clear();
  expect([last.known, storage.texts.size]).toEqual([undefined, 0]);
  live.close();
  await live.ended;
  await new Promise((resolve) => setImmediate(resolve));
  expect(storage.texts.size).toBe(0);

  const again = last.project(store);
  await until(() => last.known?.state.items[0] === "milk");
  again.close();
  await until(() => storage.texts.size === 1);
});

test("where there is no storage, as on a server, nothing is known or kept, and the projection is live all the same", async () => {
  const store = await openStore();
  const last = lastKnown(items, { database: "list" });
  expect(last.known).toBeUndefined();
  await store.stream("a").append(added("milk"));
  expect((await last.project(store).caughtUp()).state.items).toEqual(["milk"]);
});

test("nothing is kept or known after a live state was closed and cleared, whatever was under way", async () => {
  const path = temporaryPath();
  const store = await openStore(path);
  await store.stream("a").append(added("milk"));
  let answer: (head: number) => void = () => undefined;
  let asked = 0;
  const head = (): Promise<number> => ((asked += 1), new Promise((resolve) => (answer = resolve)));
  for (const when of ["at once", "as it changes", "while another tab is ahead"] as const) {
    const storage = createStorage();
    if (when === "while another tab is ahead") {
      const info = await store.info();
      await keep(storage, 99, { lineage: info.lineage });
    }
    const last = lastKnown(items, optionsOf(storage));
    const live = last.project({
      project: (...args) => store.project(...args),
      info: () => store.info(),
      head,
    });
    if (when === "as it changes") {
      await until(() => storage.texts.size > 0);
      await new Promise<void>((resolve, reject) => {
        live.subscribe(() => resolve());
        store.stream("a").append(added("bread")).catch(reject);
      });
    } else if (when === "while another tab is ahead") await until(() => asked > 0);
    live.close();
    if (when === "while another tab is ahead") await new Promise((resolve) => setImmediate(resolve));
    last.clear();
    answer(0);
    // What begins now is kept after whatever is still under way.
    const later = createStorage();
    const witness = lastKnown(items, optionsOf(later)).project(store);
    await until(() => later.texts.size > 0);
    witness.close();
    expect([when, storage.texts.size, last.known]).toEqual([when, 0, undefined]);
  }
});

test("a store that cannot tell its history, and a clock that is none, are told, and nothing else is known or kept", async () => {
  for (const [clock, failsInfo] of [
    [() => 1, true],
    [() => Number.NaN, false],
  ] as const) {
    const storage = createStorage();
    await keep(storage, 5, { lineage: "one" });
    const before = storage.written.length;
    const errors: unknown[] = [];
    const last = lastKnown(items, optionsOf(storage, { clock, onError: (error) => errors.push(error) }));
    const { live, store } = byHand(6, { lineage: "two" });
    last.keep(live, failsInfo ? { ...store, info: () => Promise.reject(new Error("no info")) } : store);
    await until(() => errors.length > 0);
    await new Promise((resolve) => setImmediate(resolve));
    expect(last.known?.position).toBe(failsInfo ? 6 : undefined);
    expect(storage.written).toHaveLength(before);
  }
});
