import { openEventStore, type Event, type EventStore, type StoredEvent } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { defineEvents } from "rivulet/events";
import { defineReadModel, sql, table, type SqlStatement, type SqlText } from "rivulet/read-models";
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
