/**
 * An object with a getter of its own takes eight times as long to make as one with a method. V8 of Node 20 (11.3) makes a dictionary of it, and keeps its
 * getters where only a full collection frees them, with all that their closures see: a read model kept all of its batches in this way.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInThisContext } from "node:vm";
import { memory, openEventStore, type StoredEvent } from "rivulet";
import { defineConsumer, type ConsumerContext } from "rivulet/consumers";
import { defineDecider } from "rivulet/deciders";
import { expect, test } from "vitest";
import { callInTime, type Call, type CallLimits } from "../../dist/src/async/timed-call.js";
import type { CompiledModel } from "../../dist/src/read-models/define-read-model.js";
import { createBatch } from "../../dist/src/read-models/statement-batch.js";
import { createPager } from "../../dist/src/read/pager.js";
import type { EventStorage, SyncStorage } from "../../dist/src/storage/protocol.js";
import type { StoreContext } from "../../dist/src/storage/store-context.js";
import { createOutbox } from "../../dist/src/sync/replica/outbox.js";
import { toView } from "../../dist/src/sync/replica/outbox-view.js";
import { toQueued } from "../../dist/src/sync/replica/outbox/queue-entry.js";
import { predictStream } from "../../dist/src/sync/replica/pending/predict.js";
import type { Queued } from "../../dist/src/sync/replica/stream-methods.js";
import { ROOT } from "../support/run-node.ts";

const NOTED = { type: "noted" };

const tally = defineDecider({ initial: () => 0, decide: () => NOTED, evolve: (count: number) => count + 1 });

/** Files whose objects with getters are made for each store, replica, handle, lock or view, and their getters; testing helpers are left out. */
const MADE_SELDOM: Readonly<Record<string, string>> = {
  "src/consumers/active-lease.ts": "doubtful",
  "src/consumers/checkpoint.ts": "saved",
  "src/consumers/start-consumer.ts": "status position failing error",
  "src/deciders/define-decider.ts": "kept",
  "src/projections/last-known.ts": "known",
  "src/projections/live-state.ts": "now changes state position error",
  "src/read-models/open-read-model.ts": "position error",
  "src/sqlite/appender.ts": "head triedAt",
  "src/sqlite/prepare-later.ts": "inTransaction",
  "src/storage/verify-rules.ts": "position",
  "src/sync/replica/handles.ts": "state confirmed version position pending error",
  "src/sync/replica/replica.ts": "status",
  "src/sync/replica/status/presence.ts": "signal",
  "src/sync/replica/status/shared-status.ts": "now",
  "adapters/better-sqlite3/driver.ts": "inTransaction",
  "adapters/durable-sqlite/driver.ts": "inTransaction",
  "adapters/inspector/http-socket.ts": "readyState",
  "adapters/inspector/parts/virtual-list.ts": "selected",
  "adapters/inspector/views/log-items.ts": "count count complete",
  "adapters/inspector/views/stream-list.ts": "count",
  "adapters/node-sqlite/driver.ts": "inTransaction",
  "adapters/node/process-storage.ts": "ended",
  "adapters/sqlite-wasm/tab/page-locks.ts": "held",
  "adapters/sqlite-wasm/tab/worker-files.ts": "wasm",
  "adapters/sqlite-wasm/worker/driver.ts": "inTransaction",
  "adapters/svelte/current.ts": "current",
};

/** Getters of literals. Those of a class are on its prototype, and have a type. */
const OWN_GETTER = /^ +get (\w+)\(\) \{/gm;

/** Files that define properties by descriptors: values, or getters that all objects share. */
const DEFINING = [
  "adapters/node/math-functions.ts",
  "adapters/opentelemetry/traced-watcher.ts",
  "adapters/opentelemetry/traced.ts",
  "adapters/postgres/pg-driver.ts",
  "src/lazy-property.ts",
];

/** Whether V8 keeps an object's properties in fixed places, not in a dictionary. */
function isFast(object: object): boolean {
  setFlagsFromString("--allow-natives-syntax");
  return (runInThisContext("(object) => %HasFastProperties(object)") as typeof isFast)(object);
}

test("batches of statements, readers of pages and calls of handlers are no dictionaries", async () => {
  const limits = { timeout: 1_000, grace: () => 0, cut: new AbortController().signal, onLate: () => undefined };
  const storage = {} as EventStorage;
  const model = { record: { name: "model", schema: 1, tables: [] } } as unknown as CompiledModel;

  expect(isFast(createBatch(model, "used", 0))).toBe(true);
  expect(isFast(createPager({ storage }, { after: 0, upTo: 1, direction: "forward" }))).toBe(true);
  expect(isFast(await callOf(limits))).toBe(true);
});

async function callOf(limits: CallLimits): Promise<Call> {
  const outcome = await callInTime((call) => ({ call }), limits);
  if (outcome.went !== "well") throw new Error("the call has failed");
  return outcome.value.call;
}

test("results of commands and of queued entries are no dictionaries, nor are contexts of consumers and what is pending", async () => {
  await using store = await openEventStore(memory());
  const contexts: ConsumerContext[] = [];
  const handler = (_: StoredEvent, context: ConsumerContext): void => void contexts.push(context);
  const one = store.stream("one");
  const executed = [await one.execute(tally, undefined), await one.execute(tally, undefined)];
  const appended = [await one.append(NOTED), await one.append(NOTED)];
  await using consumer = store.consume(defineConsumer({ name: "one", handler }));
  for (let call = 0; call < 2; call++) {
    await one.append(NOTED);
    await consumer.caughtUp();
  }
  const view = toView(1, [], []);
  const states = { deciders: {}, stateOf: () => Promise.resolve(undefined) };
  const predicted = predictStream({} as StoreContext, states, "one", 0);

  const made = { executed, appended, contexts, queued: [queued(), queued()], pending: [predicted, predicted.upTo(0)] };
  const views = { views: [view, view.reading, toView(2, [], []), createOutbox(unheard(), {} as SyncStorage)] };
  for (const [what, objects] of Object.entries({ ...made, ...views })) {
    // The first object with a getter may still be fast: V8 gives up at the second one.
    expect([what, objects.length > 1, objects.map(isFast)]).toEqual([what, true, objects.map(() => true)]);
  }
});

test("what a result makes when it is looked at is an enumerable property of its own, also through a proxy", async () => {
  await using store = await openEventStore(memory());
  const executed = await store.stream("one").execute(tally, undefined);

  expect(Object.keys(executed)).toEqual(["version", "position", "repeated", "events", "state"]);
  expect(structuredClone(executed)).toEqual({ ...executed, events: [expect.objectContaining(NOTED)], state: 1 });
  expect(new Proxy(executed, {}).state).toBe(1);
  expect(Object.keys(queued())).toEqual(["id", "events", "confirmed"]);
  expect(JSON.parse(JSON.stringify(queued()))).toEqual({ id: "one", events: [], confirmed: {} });
  expect(Object.getOwnPropertySymbols({ ...queued() })).toEqual([]);
});

/** What the caller gets of an entry that is queued. */
function queued(): Queued {
  return toQueued(
    "one",
    () => [],
    () => Promise.resolve([]),
  );
}

/** A store that tells of no changes. */
function unheard(): StoreContext {
  return { storage: { onChange: () => () => undefined } } as unknown as StoreContext;
}

test("only objects that are made seldom have getters of their own", () => {
  const files = ["src", "adapters"]
    .flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).map((file) => `${folder}/${file}`),
    )
    .filter((file) => file.endsWith(".ts") && !file.startsWith("src/testing/"))
    .map((file) => [file, readFileSync(join(ROOT, file), "utf8")] as const);
  const found = files
    .map(([file, text]) => [file, [...text.matchAll(OWN_GETTER)].map(([, name]) => name).join(" ")] as const)
    .filter(([, getters]) => getters !== "");
  const defining = files.filter(([, text]) => /\bdefine(?:Propert|Getter)/.test(text)).map(([file]) => file);

  expect(Object.fromEntries(found)).toEqual(MADE_SELDOM);
  expect(defining.sort()).toEqual(DEFINING);
});
