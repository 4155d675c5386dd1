import { openEventStore, type Event, type EventStore, type StoredEvent } from "rivulet";
import type { PageQuery } from "rivulet/adapter";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { defineEvents } from "rivulet/events";
import { defineReadModel, sql, table, type SqlStatement, type SqlText } from "rivulet/read-models";
import Database from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { failure } from "../support/outcome.ts";
import { recordStatements } from "../support/statements.ts";
import { temporaryPath } from "../support/temporary.ts";

type Noted = Event<"noted", { readonly text: string; readonly event?: string }>;
type Handler = (event: StoredEvent<Noted>) => SqlText;

const seen = table("seen", "position INTEGER PRIMARY KEY, text TEXT NOT NULL");

/** The statement of every handler here: what it has found in the event. */
const note = (position: number, ...found: readonly unknown[]): SqlText =>
  sql`INSERT INTO ${seen} VALUES (${position}, ${JSON.stringify(found)})`;

const entire = (event: StoredEvent): SqlText => note(event.position, Object.entries(event));

/** How the SQL of a page reads each field. */
const READS: Readonly<Record<string, string>> = {
  stream: "json_quote(s.name)",
  version: "e.version",
  id: "hex(e.id)",
  schemaVersion: "e.type_version",
  timestamp: "e.timestamp",
  metadata: "e.metadata",
};

const EVERY = Object.keys(READS);

const LONG = Array.from({ length: 3 }, (_, index) => ({
  type: "noted",
  data: { text: `text ${index}`, event: "data" },
}));

/** Handlers, and the fields that are read for them. */
const handlers: readonly (readonly [what: string, handler: Handler, fields: readonly string[]])[] = [
  ["takes data apart", ({ position, data: { text } }) => note(position, text), []],
  ["renames", ({ position: at, data: text }) => note(at, text), []],
  ["takes a field apart", ({ position, metadata: { user: stream } }) => note(position, stream), ["metadata"]],
  ["takes some", ({ position, id, stream, data }) => note(position, id, stream, data), ["stream", "id"]],
  ["has properties", (event) => note(event.position, event.data.event, event.type), []],
  ["has others", (event) => note(event.position, event.version, `${event.timestamp}`), ["version", "timestamp"]],
  [
    "asks for a field in a closure",
    (event) => [event].map((one) => note(one.position, one.stream))[0] as SqlText,
    EVERY,
  ],
  ["asks optionally", (event) => note(event.position, event?.stream), EVERY],
  ["asks by a name", (event) => note(event.position, event["stream"]), EVERY],
  ["passes the event on", (event) => entire(event), EVERY],
  ["is a name", entire, EVERY],
  ["is bound", entire.bind(undefined), EVERY],
  ["spreads", (event) => note(event.position, { ...event }), EVERY],
  ["takes the rest", ({ position, ...rest }) => note(position, rest), EVERY],
  ["has a default", ({ position, data: { event = "none" } }) => note(position, event), EVERY],
  ["computes a key", ({ position, ["stream"]: found }) => note(position, found), EVERY],
  ["takes apart later", (event) => ((one) => note(one.position, one.stream))(event), EVERY],
  ["returns a property that the event has not", (event) => note(event.position, event.constructor.name), EVERY],
  // oxlint-disable-next-line no-eval
  ["evaluates", (event) => note(event.position, eval("event.stream")), EVERY],
  [
    "is a function",
    function ({ position }) {
      // oxlint-disable-next-line prefer-rest-params
      return note(position, arguments[0].stream);
    },
    EVERY,
  ],
  ["has a parameter for the rest", (...events) => note(events[0].position, events[0].stream), EVERY],
  ["has an argument more", (event, ...more) => note(event.position, event.stream, more.length), EVERY],
];

const modelOf = (handler: Handler, schema = 1, more: object = {}) =>
  defineReadModel<Noted>({ name: "notes", schema, tables: [seen], on: { noted: handler }, ...more });

async function append(store: EventStore): Promise<void> {
  const metadata = { user: "Ada", event: "metadata" };
  await store.stream("some stream").append(LONG.map((one) => ({ ...one, metadata })));
}

async function open(): Promise<EventStore> {
  const store = await openEventStore(betterSqlite3({ path: temporaryPath(), durability: "normal" }));
  onTestFinished(() => store.close());
  await append(store);
  return store;
}

test.each(handlers)("a handler that %s finds what it looks at, and only that is read", async (_, handler, fields) => {
  const statements = recordStatements();
  const store = await open();
  const events = (await store.read().toArray()) as StoredEvent<Noted>[];
  const expected = events.map((event) => (handler(event) as SqlStatement).values.slice(1));
  statements.clear();

  await using model = await store.readModel(modelOf(handler));
  const rows = await model.query<{ position: number; text: string }>(sql`SELECT * FROM ${seen} ORDER BY position`);

  expect(rows.map(({ position, text }) => [position, text])).toEqual(expected);
  const page = statements.all.find((one) => one.includes("group_concat")) ?? "";
  expect(EVERY.filter((field) => page.split("FROM")[1]?.includes(READS[field] as string))).toEqual(fields);
});

test("of several handlers, each finds what it looks at", async () => {
  const store = await open();
  await store.stream("another").append({ type: "closed", metadata: { user: "Bo" } });

  await using model = await store.readModel(
    defineReadModel<Noted | Event<"closed">>({
      name: "notes",
      tables: [seen],
      on: {
        noted: ({ position, stream }) => note(position, stream),
        closed: ({ position, metadata }) => note(position, metadata),
      },
    }),
  );

  const rows = await model.query<{ text: string }>(sql`SELECT text FROM ${seen} ORDER BY position`);
  expect(rows.map(({ text }) => text)).toEqual([...LONG.map(() => '["some stream"]'), '[{"user":"Bo"}]']);
});

/** Of two types, with data and without, with ids of both kinds. */
const MIXED = [
  { type: "closed" },
  { type: "noted", id: "an id", data: { text: "first" } },
  { type: "noted", id: "00000000-0000-7000-8000-00000000000a", data: null },
  { type: "other", data: { text: "not selected" } },
  { type: "closed", data: [1, 2] },
  { type: "closed", metadata: { user: "Bo" } },
  { type: "noted", data: "last" },
];

/** Handlers that only get what they look at. */
const SOME: readonly (readonly [what: string, handler: Handler])[] = [
  ["data", ({ position, data }) => note(position, data)],
  ["type and data", ({ position, type, data }) => note(position, type, data)],
  ["everything", (event) => note(event.position, event.type, event.data, event.id, event.metadata)],
];

test.each(SOME)("of events with data and without, of two types, a handler finds %s", async (_, handler) => {
  const store = await openEventStore(betterSqlite3({ path: temporaryPath() }));
  onTestFinished(() => store.close());
  await store.stream("one").append(MIXED);
  const chosen = (await store.read({ types: ["noted", "closed"] }).toArray()) as StoredEvent<Noted>[];
  for (const on of [{ noted: handler, closed: handler }, { closed: handler }, { noted: handler }]) {
    await using model = await store.readModel(
      defineReadModel<Event>({ name: `notes_${Object.keys(on).join("_")}`, tables: [seen], on } as never),
    );
    const rows = await model.query<{ text: string }>(sql`SELECT text FROM ${seen} ORDER BY position`);

    const expected = chosen.filter(({ type }) => type in on).map((event) => (handler(event) as SqlStatement).values[2]);
    expect(rows.map(({ text }) => text)).toEqual(expected);
  }
});

test.each([
  ["half of a value", "'{\"text\":'"],
  ["two values", "'1,2'"],
  ["the end of a column", "'1],[1'"],
  ["the end of a column and other columns", "'1],[],['"],
  ["a value that is no JSON", "'x'"],
])("an event whose data became %s ends a model after the events before it", async (_, damage) => {
  const path = temporaryPath();
  const store = await openEventStore(betterSqlite3({ path }));
  onTestFinished(() => store.close());
  await append(store);
  const database = new Database(path);
  database.exec(`UPDATE events SET data = ${damage} WHERE position = 2`);
  database.close();

  const model = await store.readModel(modelOf(({ position, data }) => note(position, data)));
  const { details } = await failure(model.caughtUp(), "storage-corrupt");

  expect(details).toEqual({ position: 2 });
});

test("a storage may give rows where columns were asked for", async () => {
  const asked: PageQuery[] = [];
  const adapter = betterSqlite3({ path: temporaryPath() });
  const store = await openEventStore({
    ...adapter,
    async open() {
      const { storage, ...rest } = await adapter.open();
      const readPage = (query: PageQuery) => {
        asked.push(query);
        const { columns: _, ...older } = query;
        return storage.readPage(older);
      };
      return { ...rest, storage: { ...storage, readPage } };
    },
  });
  onTestFinished(() => store.close());
  await append(store);

  await using model = await store.readModel(modelOf(({ position, data: { text } }) => note(position, text)));

  const rows = await model.query<{ text: string }>(sql`SELECT text FROM ${seen} ORDER BY position`);
  expect(rows.map(({ text }) => text)).toEqual(LONG.map(({ data }) => JSON.stringify([data.text])));
  expect(asked.filter(({ columns }) => columns === true)).not.toEqual([]);
});

test("an upcaster finds the whole event", async () => {
  const path = temporaryPath();
  {
    await using store = await openEventStore(betterSqlite3({ path }));
    await append(store);
  }
  const events = defineEvents({
    noted: {
      version: 2,
      upcast: {
        1: (_data: unknown, { stream, id, metadata }: StoredEvent) => ({
          text: `${stream} ${id.length} ${metadata["user"] as string}`,
        }),
      },
    },
  });
  await using store = await openEventStore(betterSqlite3({ path }), { events });

  await using model = await store.readModel(modelOf(({ position, data: { text } }) => note(position, text)));

  const rows = await model.query<{ text: string }>(sql`SELECT text FROM ${seen}`);
  expect(rows.map(({ text }) => text)).toEqual(LONG.map(() => '["some stream 36 Ada"]'));
});

test("an event at which a model fails is named as it is stored, whatever was read of it", async () => {
  const store = await open();
  const [, second] = await store.read().toArray();

  const model = await store.readModel(
    modelOf(({ position, data }) => note(data.text === "text 1" ? raise("refused") : position)),
  );
  const { details, message } = await failure(model.caughtUp(), "projection-failed");

  expect(details).toEqual({ name: "notes", position: 2, eventId: second?.id });
  expect(message).toContain('failed at the event "noted" at position 2: ');
});

test("a parked event is tried again as it is stored", async () => {
  const store = await open();
  let broken = true;
  await using model = await store.readModel(
    modelOf(({ position, data }) => note(broken && data.text === "text 1" ? raise("refused") : position), 1, {
      onError: "park",
    }),
  );
  await model.caughtUp();
  const [, second] = await store.read().toArray();
  expect(await model.parked()).toMatchObject([{ position: 2, eventId: second?.id, type: "noted", attempts: 1 }]);

  broken = false;
  expect(await model.retryParked()).toEqual([]);

  expect(await model.query(sql`SELECT position FROM ${seen} ORDER BY position`)).toHaveLength(3);
});

function raise(message: string): never {
  throw new Error(message);
}
