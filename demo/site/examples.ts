/** What the examples of the documents begin with, unless they open a store themselves. */
export const PRELUDE = `
import { isEventStoreError, matches, memory, openEventStore, EventStoreError } from "rivulet";
import type { Event, EventFilter, NewEvent, StoredEvent } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import Database from "better-sqlite3";
import { defineConsumer, type ConsumerCheckpoint } from "rivulet/consumers";
import { defineDecider } from "rivulet/deciders";
import { defineEvents } from "rivulet/events";
import { ndjson } from "rivulet/ndjson";
import { defineProjection, lastKnown } from "rivulet/projections";
import { defineReadModel, sql, table } from "rivulet/read-models";
import { checkDecider, checkProjection, checkRebuild, checkUpcasts } from "rivulet/testing";
import { fork } from "rivulet/time-travel";
type CounterEvent = Event<"incremented", { by: number }> | Event<"decremented", { by: number }>;
const store = await openEventStore(betterSqlite3());
const counter = store.stream<CounterEvent>("counter-1");
`;

/** What examples and their compiled code can import in the site's pages; the client has a module for each. */
export const IMPORTABLE = [
  "@electric-sql/pglite",
  "react",
  "react-dom/client",
  "react/jsx-runtime",
  "rivulet",
  "rivulet/better-sqlite3",
  "rivulet/consumers",
  "rivulet/copy",
  "rivulet/deciders",
  "rivulet/events",
  "rivulet/inspection",
  "rivulet/ndjson",
  "rivulet/pglite",
  "rivulet/projections",
  "rivulet/react",
  "rivulet/read-models",
  "rivulet/solid",
  "rivulet/sqlite-wasm",
  "rivulet/svelte",
  "rivulet/sync",
  "rivulet/sync/hub",
  "rivulet/testing",
  "rivulet/time-travel",
  "rivulet/vue",
  "solid-js",
  "solid-js/store",
  "solid-js/web",
  "svelte",
  "svelte/animate",
  "svelte/attachments",
  "svelte/easing",
  "svelte/events",
  "svelte/internal/client",
  "svelte/internal/disclose-version",
  "svelte/internal/flags/async",
  "svelte/internal/flags/legacy",
  "svelte/legacy",
  "svelte/motion",
  "svelte/reactivity",
  "svelte/store",
  "svelte/transition",
  "vue",
  "zod",
] as const;

/** Whether an example is a complete program, which opens its own store. */
export function isProgram(code: string): boolean {
  return code.includes("openEventStore(");
}

/** Languages whose examples are components, which a page shows. */
const COMPONENTS: ReadonlySet<string> = new Set(["jsx", "svelte", "tsx", "vue"]);

/** The file with its own name that the components of a page import. */
export const BESIDE = "./counters";

/** Whether an example renders something. */
export function isComponent(language: string): boolean {
  return COMPONENTS.has(language);
}

/** Whether an example can run in a page: it uses nothing of Node or of a server, and shows something. */
export function runsInPages(language: string, code: string): boolean {
  const imported = [...code.matchAll(/\bfrom "([^"]+)"/g)].map(([, name = ""]) => name);
  if (!imported.every((name) => name === BESIDE || (IMPORTABLE as readonly string[]).includes(name))) return false;
  if (isComponent(language)) return isProgram(code) || imported.includes(BESIDE);
  const isForPages = language === "js" && imported.includes("rivulet/sqlite-wasm") && isProgram(code);
  if (language !== "ts" && !isForPages) return false;
  if (!code.includes("// →") && !isProgram(code)) return false;
  return !/\bnew Database\(|^\/\/ \w+\.ts\n/.test(code);
}
