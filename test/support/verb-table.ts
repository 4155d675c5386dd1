import { memory, openEventStore, type EventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { defineConsumer, type ConsumerContext } from "rivulet/consumers";
import { defineDecider } from "rivulet/deciders";
import { defineEvents } from "rivulet/events";
import { ndjson, ndjsonLine, parseStrictJson } from "rivulet/ndjson";
import { defineProjection, lastKnown } from "rivulet/projections";
import { defineReadModel, identifier, joinSql, sql, table } from "rivulet/read-models";
import { sqliteWasm } from "rivulet/sqlite-wasm";
import { fork } from "rivulet/time-travel";

const event = { type: "counted" };
const rows = table("rows", "n INTEGER");
const query = sql`SELECT n FROM ${rows}`;
const projection = defineProjection({ name: "p", initial: () => 0, on: {} });
const decider = defineDecider({ initial: () => 0, evolve: {}, decide: () => event });
const definition = defineReadModel({ name: "m", tables: [rows], on: {} });
export const idle = (): void => undefined;
const nothingHappens = {
  project: () => ({ state: 0, async *[Symbol.asyncIterator]() {} }),
  info: () => Promise.resolve({ lineage: "", backend: "memory" }),
  head: () => Promise.resolve(0),
};
const consumer = (name: string) => defineConsumer({ name, handler: idle });

/** Opens a store, and a handle of every kind on it. `wrap` may return another store in its place. */
export async function openHandles(wrap = (opened: EventStore): EventStore => opened) {
  const store = wrap(await openEventStore(betterSqlite3()));
  const stream = store.stream("a");
  await stream.append([event, event]);
  const model = await store.readModel(definition);
  await model.caughtUp();
  let context: ConsumerContext | undefined;
  const running = store.consume(
    defineConsumer({
      name: "running",
      handler: (_event, given) => {
        context ??= given;
        return context === given
          ? new Promise<void>((resolve) => given.signal.addEventListener("abort", () => resolve()))
          : undefined;
      },
    }),
  );
  while (context === undefined) await new Promise(setImmediate);
  const past = store.at(1);
  return {
    store,
    stream,
    past,
    "past.stream": past.stream("a"),
    model,
    live: store.project(projection),
    last: lastKnown(projection, { database: "d" }),
    consumer: running,
    context: { append: context.append },
  };
}

export type Handles = Awaited<ReturnType<typeof openHandles>>;
const FILTER = ["ids", "types", "streams", "streamPrefix", "metadata"];
const READ = ["after", "upTo", "direction", "limit", "asOf", "signal"];
const LOAD = ["upTo", "asOf", "signal"];
const EXPORT = ["after", "upTo", "asOf", "onProgress", "signal", ...FILTER];

/** A public verb with valid arguments. */
export interface Verb {
  /** Calls the verb with valid arguments, one of which is replaced. */
  readonly call: (handles: Handles, ...args: never[]) => unknown;
  /** Valid arguments in order, by their names in errors; options come last, if there are any. */
  readonly good: Readonly<Record<string, unknown>>;
  /** The arguments that may be omitted. */
  readonly optional?: readonly string[];
  /** The arguments that accept any value. */
  readonly any?: readonly string[];
  /** The allowed members of object arguments. */
  readonly members?: Readonly<Record<string, readonly string[]>>;
  /** Whether the verb throws; default: it rejects. */
  readonly throws?: true;
  /** How its error names the argument if not by this name: an event by its path. */
  readonly named?: Readonly<Record<string, string>>;
}

const options = { options: {} };

/** A verb of a handle: `name` is its key, `good` all of its arguments in order. */
function verb(path: string, parts: Omit<Verb, "call">): [string, Verb] {
  const at = path.lastIndexOf(".");
  const [owner, name] = [path.slice(0, at) as keyof Handles, path.slice(at + 1)];
  const call = (all: Handles, ...args: never[]): unknown =>
    (all[owner] as unknown as Record<string, (...args: never[]) => unknown>)[name]?.(...args);
  return [path, { call, ...parts }];
}

function made(path: string, make: (...args: never[]) => unknown, parts: Omit<Verb, "call">): [string, Verb] {
  return [path, { call: (_all, ...args) => make(...args), ...parts }];
}

const READERS = (owner: string): [string, Verb][] => [
  verb(`${owner}.read`, {
    good: options,
    optional: ["options"],
    members: { options: [...READ, ...FILTER] },
    throws: true,
  }),
  verb(`${owner}.load`, {
    good: { projection, ...options },
    optional: ["options"],
    members: { options: [...LOAD, ...FILTER] },
  }),
  verb(`${owner}.exportEvents`, {
    good: { format: ndjson, ...options },
    optional: ["options"],
    members: { options: EXPORT },
    throws: true,
  }),
];
const STREAM_READERS = (owner: string): [string, Verb][] => [
  verb(`${owner}.read`, { good: options, optional: ["options"], members: { options: READ }, throws: true }),
  verb(`${owner}.load`, { good: { projection, ...options }, optional: ["options"], members: { options: LOAD } }),
];
const CAUGHT_UP = {
  good: { position: 0, ...options },
  optional: ["position", "options"],
  members: { options: ["signal"] },
};
const APPEND_ALL = {
  good: { entries: [{ stream: "b", events: event }], ...options },
  optional: ["options"],
  members: { options: ["causedBy", "signal"] },
};

/** Every public verb that takes an argument, by its name. */
export const VERBS: Readonly<Record<string, Verb>> = Object.fromEntries([
  ...READERS("store"),
  ...READERS("past"),
  ...STREAM_READERS("stream"),
  ...STREAM_READERS("past.stream"),
  verb("store.stream", { good: { stream: "a" }, throws: true }),
  verb("past.stream", { good: { stream: "a" }, throws: true }),
  verb("store.append", APPEND_ALL),
  verb("context.append", APPEND_ALL),
  verb("store.watch", {
    good: options,
    optional: ["options"],
    members: { options: ["after", "onCaughtUp", "signal", "onProgress", ...FILTER] },
    throws: true,
  }),
  verb("store.project", {
    good: { projection, ...options },
    optional: ["options"],
    members: { options: ["stream", "signal", ...FILTER] },
    throws: true,
  }),
  verb("store.readModel", {
    good: { definition, ...options },
    optional: ["options"],
    members: { options: ["onProgress", "signal", "timeout"] },
  }),
  verb("store.consume", {
    good: { definition: consumer("other"), ...options },
    optional: ["options"],
    members: { options: ["signal"] },
    throws: true,
  }),
  verb("store.at", { good: { place: 1 }, throws: true }),
  verb("store.importEvents", {
    good: { format: ndjson, events: "", ...options },
    optional: ["options"],
    members: { options: ["onProgress", "onError", "allowFutureTimes", "signal"] },
  }),
  verb("store.streams", {
    good: options,
    optional: ["options"],
    members: { options: ["prefix", "signal"] },
    throws: true,
  }),
  verb("stream.append", {
    good: { events: event, ...options },
    optional: ["options"],
    members: { options: ["expectedVersion", "causedBy", "signal"] },
    named: { events: "events[0]" },
  }),
  verb("stream.watch", {
    good: options,
    optional: ["options"],
    members: { options: ["after", "onCaughtUp", "signal"] },
    throws: true,
  }),
  verb("stream.saveSnapshot", {
    good: { snapshot: { projection: "p", version: 1, state: 1 } },
    members: { snapshot: ["projection", "version", "state", "schema"] },
  }),
  verb("stream.loadSnapshot", {
    good: { projection: "p", ...options },
    optional: ["options"],
    members: { options: ["schema", "upTo"] },
  }),
  verb("stream.execute", {
    good: { decider, command: undefined, ...options },
    any: ["command"],
    optional: ["options"],
    members: { options: ["retries", "idempotencyKey", "causedBy", "metadata", "signal"] },
  }),
  verb("model.query", {
    good: { sql: query, ...options },
    optional: ["options"],
    members: { options: ["reads", "signal", "timeout"] },
  }),
  verb("model.live", {
    good: { sql: query, ...options },
    optional: ["options"],
    members: { options: ["reads", "signal", "timeout"] },
    throws: true,
  }),
  verb("model.caughtUp", CAUGHT_UP),
  verb("live.caughtUp", CAUGHT_UP),
  verb("consumer.caughtUp", CAUGHT_UP),
  verb("model.rebuild", { good: options, optional: ["options"], members: { options: ["onProgress", "signal"] } }),
  verb("live.subscribe", { good: { listener: idle }, throws: true }),
  verb("consumer.subscribe", { good: { listener: idle }, throws: true }),
  made("openEventStore", openEventStore, {
    good: { adapter: memory(), ...options },
    optional: ["options"],
    members: { options: ["clock", "newId", "events", "unknownEvents"] },
  }),
  made("betterSqlite3", (given) => betterSqlite3(given).open(), {
    good: options,
    optional: ["options"],
    members: { options: ["path", "durability", "busyTimeout", "worker", "indexedMetadata"] },
  }),
  made("sqliteWasm", (given) => sqliteWasm(given).open(), {
    good: options,
    optional: ["options"],
    members: { options: ["name", "durability", "indexedMetadata", "fallback", "worker", "wasm"] },
  }),
  made("defineProjection", defineProjection as never, {
    good: { definition: { name: "p", initial: idle, on: {} } },
    members: { definition: ["name", "schema", "initial", "on", "snapshots"] },
    throws: true,
  }),
  made(
    "defineProjection snapshots",
    ((snapshots: never) => defineProjection({ name: "p", initial: idle, on: {}, snapshots })) as never,
    {
      good: { snapshots: { every: 1 } },
      optional: ["snapshots"],
      members: { snapshots: ["every", "slowerThan", "keep"] },
      throws: true,
    },
  ),
  made("defineProjection on", ((on: never) => defineProjection({ name: "p", initial: idle, on })) as never, {
    good: { on: {} },
    throws: true,
  }),
  made("lastKnown", lastKnown as never, {
    good: { projection, options: { database: "d" } },
    members: {
      options: ["database", "stream", "storage", "maxLength", "interval", "clock", "onError", ...FILTER],
    },
    throws: true,
  }),
  verb("last.project", {
    good: { store: nothingHappens, ...options },
    optional: ["options"],
    members: { options: ["signal"] },
    throws: true,
  }),
  verb("last.keep", { good: { live: nothingHappens.project(), store: nothingHappens }, throws: true }),
  made("defineDecider", defineDecider as never, {
    good: { definition: { initial: idle, decide: idle, evolve: {} } },
    members: { definition: ["name", "schema", "initial", "decide", "evolve", "snapshots"] },
    throws: true,
  }),
  made("defineReadModel", defineReadModel as never, {
    good: { parts: { name: "m", tables: [rows], on: {} } },
    members: { parts: ["name", "schema", "tables", "on", "onError"] },
    throws: true,
  }),
  made(
    "defineReadModel tables",
    ((tables: never) => defineReadModel({ name: "m", tables: [tables], on: {} })) as never,
    {
      good: { tables: rows },
      throws: true,
    },
  ),
  made("table", table as never, {
    good: { table: "t", columns: "n", ...options },
    optional: ["options"],
    members: { options: ["indexes"] },
    throws: true,
  }),
  made("identifier", identifier as never, { good: { name: "n" }, throws: true }),
  made("joinSql", joinSql as never, {
    good: { parts: [query], separator: sql` AND ` },
    optional: ["separator"],
    throws: true,
  }),
  made("defineConsumer", defineConsumer as never, {
    good: { parts: { name: "c", handler: idle } },
    members: {
      parts: [
        "name",
        "handler",
        "batchHandler",
        "batchSize",
        "after",
        "timeout",
        "lease",
        "retry",
        "onError",
        "checkpoint",
        ...FILTER,
      ],
    },
    throws: true,
  }),
  made("defineConsumer retry", ((retry: never) => defineConsumer({ name: "c", handler: idle, retry })) as never, {
    good: { retry: {} },
    optional: ["retry"],
    members: { retry: ["attempts", "delay", "maxDelay"] },
    throws: true,
  }),
  made(
    "defineConsumer checkpoint",
    ((checkpoint: never) => defineConsumer({ name: "c", handler: idle, checkpoint })) as never,
    {
      good: { checkpoint: { load: idle } },
      optional: ["checkpoint"],
      members: { checkpoint: ["load", "save"] },
      throws: true,
    },
  ),
  made("defineEvents", defineEvents as never, { good: { events: { counted: {} } }, throws: true }),
  made("defineEvents counted", ((counted: never) => defineEvents({ counted })) as never, {
    good: { "events.counted": {} },
    members: { "events.counted": ["version", "schema", "upcast"] },
    throws: true,
  }),
  made("parseStrictJson", parseStrictJson as never, { good: { text: "1" }, throws: true }),
  made("ndjsonLine", ndjsonLine as never, {
    good: { event: { position: 1, stream: "a", version: 1, id: "x", type: "t", metadata: {} } },
    throws: true,
  }),
  made("fork", ((source: never, given: never) => fork(source ?? undefined, given)) as never, {
    good: { source: { read: () => [][Symbol.iterator]() }, ...options },
    optional: ["options"],
    members: { options: ["clock", "newId", "events", "unknownEvents"] },
  }),
]);
