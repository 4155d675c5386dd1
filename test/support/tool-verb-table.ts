/** The functions of entry points for tools, frameworks and platforms that take an argument; beside those of `verb-table.ts`. */
import { memory, openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { copyStore } from "rivulet/copy";
import { defineDecider } from "rivulet/deciders";
import {
  remoteDurableObject,
  durableObject,
  serveDurableObject,
  serveWebSockets,
  webSocketStore,
} from "rivulet/durable-objects";
import { drizzleTables } from "rivulet/drizzle";
import { defineEvents } from "rivulet/events";
import { inspectStore } from "rivulet/inspection";
import { kyselyFor, statementOf } from "rivulet/kysely";
import { sqlite } from "rivulet/node";
import { nodeSqlite } from "rivulet/node-sqlite";
import { traced, tracedAdapter, tracedConsumer, tracedFetch, tracedHub } from "rivulet/opentelemetry";
import { pglite } from "rivulet/pglite";
import { postgres } from "rivulet/postgres";
import { defineProjection } from "rivulet/projections";
import { sql, table } from "rivulet/read-models";
import {
  checkDecider,
  checkOffline,
  checkProjection,
  checkRebuild,
  checkUpcasts,
  createTestHub,
  fixedClock,
  sequentialIds,
} from "rivulet/testing";
import type { SyncVerb } from "./sync/verb-table.ts";
import { idle, type Handles } from "./verb-table.ts";

const store = await openEventStore(betterSqlite3());
const rows = table("rows", { n: "INTEGER NOT NULL" });
const decider = defineDecider({ initial: () => 0, evolve: {}, decide: () => undefined });
const projection = defineProjection({ name: "p", initial: () => 0, on: {} });
const context = { storage: { sql: { exec: () => ({ toArray: () => [] }) } }, acceptWebSocket: idle };
const options = { options: {} };
const FILE = ["path", "durability", "busyTimeout", "worker", "indexedMetadata"];

/** Stands for the read model of the handles. */
const MODEL: unknown = {};

function made(name: string, make: unknown, parts: Omit<SyncVerb, "call">): [string, SyncVerb] {
  return [name, { call: (_all, ...args) => (make as (...args: never[]) => unknown)(...args), ...parts }];
}

/** A function that wraps something, with an option for the tracer and one for the meter. */
function tracing(name: string, make: unknown, given: Readonly<Record<string, unknown>>): [string, SyncVerb] {
  return made(name, make, {
    good: { ...given, ...options },
    optional: ["options"],
    members: { options: ["tracer", "meter"] },
    takes: { tracer: [], meter: [] },
    throws: true,
  });
}

/** An adapter, which refuses its options when it is opened. */
function adapter(
  name: string,
  make: (given: never) => { open(): unknown },
  members: readonly string[],
): [string, SyncVerb] {
  return made(name, (given: never) => make(given).open(), {
    good: options,
    optional: name === "postgres" ? [] : ["options"],
    members: { options: members },
  });
}

/** Every public function that a store's handles do not have, by its name. */
export const TOOL_VERBS: Readonly<Record<string, SyncVerb>> = Object.fromEntries([
  made("copyStore", copyStore, {
    good: { source: memory(), target: memory(), ...options },
    optional: ["options"],
    members: { options: ["verify", "onProgress", "signal"] },
  }),
  made("inspectStore", inspectStore, { good: { store }, throws: true }),
  made("kyselyFor", kyselyFor, { good: { tables: { rows } }, throws: true }),
  made("statementOf", statementOf, {
    good: { query: kyselyFor({ rows }).selectFrom("rows").select("n") },
    throws: true,
  }),
  made("drizzleTables", drizzleTables, { good: { tables: {} }, throws: true }),
  tracing("traced", traced, { store }),
  tracing("tracedAdapter", tracedAdapter, { adapter: memory() }),
  tracing("tracedConsumer", tracedConsumer, { parts: { name: "c", handler: idle } }),
  tracing("tracedFetch", tracedFetch, { fetch: idle }),
  tracing("tracedHub", tracedHub, { hub: { fetch: idle, close: idle } }),
  adapter("sqlite", sqlite, FILE),
  adapter("nodeSqlite", nodeSqlite, FILE),
  adapter("pglite", pglite, ["database", "schema", "indexedMetadata"]),
  adapter("postgres", postgres, ["connectionString", "pool", "schema", "durability", "busyTimeout", "indexedMetadata"]),
  made("durableObject", (ctx: never, given: never) => durableObject(ctx, given).open(), {
    good: { ctx: context, ...options },
    optional: ["options"],
    members: { options: ["indexedMetadata"] },
    takes: { indexedMetadata: ["a list"] },
  }),
  made("serveDurableObject", serveDurableObject, { good: { ctx: context }, throws: true }),
  made("serveWebSockets", serveWebSockets, { good: { ctx: context }, throws: true }),
  made("remoteDurableObject", remoteDurableObject, { good: { object: { connectStore: idle } }, throws: true }),
  made("webSocketStore", webSocketStore, { good: { connect: idle }, throws: true }),
  made("checkDecider", checkDecider, {
    good: { decider, example: { when: 1, expected: [] } },
    members: { example: ["given", "when", "expected", "fails"] },
    of: "example",
    takes: { given: ["a list", "undefined"], expected: ["a list"], fails: ["a text", "a function"] },
  }),
  made("checkOffline", checkOffline, {
    good: { decider, projection, example: { offline: [], shown: 0, expected: 0 } },
    members: { example: ["given", "offline", "meanwhile", "shown", "expected", "rejected"] },
    of: "example",
    takes: Object.fromEntries(["given", "offline", "meanwhile", "rejected"].map((list) => [list, ["a list"]])),
  }),
  made("checkProjection", checkProjection, {
    good: { projection, example: { given: [], expected: 0 } },
    members: { example: ["given", "expected"] },
    of: "example",
    takes: { given: ["a list"] },
  }),
  [
    "checkRebuild",
    {
      call: (all: Handles, given, query) => checkRebuild(given === MODEL ? all.model : given, query),
      good: { model: MODEL, query: sql`SELECT 1` },
      named: { query: "sql" },
    },
  ],
  made("checkUpcasts", checkUpcasts, { good: { events: defineEvents({ counted: {} }), examples: [] } }),
  made("createTestHub", createTestHub, {
    good: options,
    optional: ["options"],
    members: {
      options: [
        ...["authenticate", "clientName", "mayFollow", "mayAppend", "mayExecute", "deciders"],
        ...["origins", "limits"],
      ],
    },
  }),
  made("fixedClock", fixedClock, { good: { start: 0 }, optional: ["start"], throws: true }),
  made("sequentialIds", sequentialIds, { good: { prefix: "id-" }, optional: ["prefix"], throws: true }),
]);
