import { memory, openEventStore, type EventStore, type EventWatcher, type StoredEvent } from "rivulet";
import type { Adapter, PageQuery } from "rivulet/adapter";
import { defineConsumer } from "rivulet/consumers";
import { expect, onTestFinished, test } from "vitest";

/** More than the number of recent events that a store keeps for its watchers. */
const FAR = 2_500;

type Scope = { readonly stream?: string; readonly types?: string[] };

const SCOPES: readonly (readonly [string, Scope])[] = [
  ["everything", {}],
  ["what a filter lets through", { types: ["rare"] }],
  ["one stream", { stream: "s1" }],
];

async function openCounted(): Promise<{ store: EventStore; queries: PageQuery[] }> {
  const queries: PageQuery[] = [];
  const counted: Adapter = {
    name: "counted",
    async open() {
      const { storage } = await memory().open();
      const readPage: typeof storage.readPage = (query) => (queries.push(query), storage.readPage(query));
      return { storage: { ...storage, readPage }, verbs: {} };
    },
  };
  const store = await openEventStore(counted);
  onTestFinished(() => store.close());
  return { store, queries };
}

/** Events in three streams, so that versions differ from positions; one event in fifty is of type "rare". */
async function grow(store: EventStore, events: number): Promise<void> {
  const from = await store.head();
  const entries = Array.from({ length: events }, (_, index) => ({
    stream: `s${(from + index) % 3}`,
    events: { type: (from + index) % 50 === 0 ? "rare" : "usual" },
  }));
  await store.append(entries);
}

function watch(store: EventStore, { stream, types }: Scope, onCaughtUp?: () => void): EventWatcher {
  return stream === undefined ? store.watch({ types, onCaughtUp }) : store.stream(stream).watch({ onCaughtUp });
}

function read(store: EventStore, { stream, types }: Scope): Promise<StoredEvent[]> {
  return (stream === undefined ? store.read({ types }) : store.stream(stream).read()).toArray();
}

test.each(SCOPES)("a watch of %s hands over each event once, however often it falls far behind", async (_, scope) => {
  const { store } = await openCounted();
  await grow(store, 100);
  const watcher = watch(store, scope);
  const seen: StoredEvent[] = [];

  for (const more of [FAR, 7, FAR, 1, 60, FAR, FAR]) {
    const expected = await read(store, scope);
    while (seen.length < expected.length) seen.push((await watcher.next()).value as StoredEvent);
    await grow(store, more);
  }
  const expected = await read(store, scope);
  while (seen.length < expected.length) seen.push((await watcher.next()).value as StoredEvent);

  expect(seen).toEqual(expected);
  await watcher.return?.();
});

test.each([
  ["everything", {}],
  ["what a filter lets through", { types: ["rare"] }],
])("a consumer of %s handles each event once, however far it falls behind in the midst", async (_, filter) => {
  const { store } = await openCounted();
  await grow(store, 100);
  const seen: StoredEvent[] = [];
  const steps = [FAR, 7, FAR, 60];
  const definition = defineConsumer({
    name: "slow",
    ...filter,
    after: 0,
    async handler(event: StoredEvent) {
      seen.push(event);
      const more = event.position % 50 === 1 ? steps.shift() : undefined;
      if (more !== undefined) await grow(store, more);
    },
  });
  const consumer = store.consume(definition);

  while ((await consumer.lag()) > 0) await consumer.caughtUp();

  expect(steps).toEqual([]);
  expect(seen).toEqual(await read(store, filter));
  await consumer.close();
});

test.each(SCOPES.slice(1))(
  "a watcher of %s reads nothing from the storage when an event comes after many that do not match",
  async (_, scope) => {
    const { store, queries } = await openCounted();
    await store.append([{ stream: "s1", events: { type: "rare" } }]);
    let next: Promise<IteratorResult<StoredEvent>> | undefined;
    await new Promise<void>((resolve) => {
      const watcher = watch(store, scope, resolve);
      next = watcher.next().then(() => watcher.next());
    });
    for (let round = 0; round < 6; round++) {
      await store.append(Array.from({ length: 500 }, () => ({ stream: "other", events: { type: "usual" } })));
      await store.head();
    }
    queries.length = 0;

    await store.append([{ stream: "s1", events: { type: "rare" } }]);
    const { value } = (await next) as IteratorResult<StoredEvent>;

    expect((value as StoredEvent).position).toBe(3002);
    expect(queries.filter(({ stream, filter }) => stream !== undefined || filter !== undefined)).toEqual([]);
  },
);

test("a watch of a stream begins after its version also if the newest events are still in memory", async () => {
  const { store } = await openCounted();
  const all = store.watch();
  const first = all.next();
  await store.head();
  await grow(store, 15);
  await first;

  const watcher = store.stream("s1").watch({ after: 3 });

  expect(((await watcher.next()).value as StoredEvent).version).toBe(4);
  expect(((await watcher.next()).value as StoredEvent).version).toBe(5);
  await Promise.all([all.return?.(), watcher.return?.()]);
});
