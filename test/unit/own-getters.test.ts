/**
 * An object with a getter of its own takes eight times as long to make as one with a method. V8 makes a dictionary of it, and keeps its
 * getters where only a full collection frees them, with all that their closures see: a read model kept all of its batches in this way.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInThisContext } from "node:vm";
import { expect, test } from "vitest";
import { callInTime, type Call, type CallLimits } from "../../dist/src/async/timed-call.js";
import type { CompiledModel } from "../../dist/src/read-models/define-read-model.js";
import { createBatch } from "../../dist/src/read-models/statement-batch.js";
import { createPager } from "../../dist/src/read/pager.js";
import type { EventStorage } from "../../dist/src/storage/protocol.js";
import { ROOT } from "../support/run-node.ts";

/** Files whose objects with getters are made for each store, handle or result, and their getters. */
const MADE_SELDOM: Readonly<Record<string, string>> = {
  "consumers/active-lease.ts": "doubtful",
  "consumers/checkpoint.ts": "saved",
  "consumers/start-consumer.ts": "status position failing error",
  "deciders/define-decider.ts": "kept",
  "deciders/execute-command.ts": "events state",
  "projections/last-known.ts": "known",
  "projections/live-state.ts": "now changes state position error",
  "read-models/open-read-model.ts": "position error",
  "sqlite/appender.ts": "head triedAt",
  "sqlite/prepare-later.ts": "inTransaction",
  "storage/verify-rules.ts": "position",
};

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

test("only objects that are made seldom have getters of their own", () => {
  const src = join(ROOT, "src");
  const files = readdirSync(src, { recursive: true, encoding: "utf8" });
  const found = files
    .filter((file) => file.endsWith(".ts") && !/^(sync|testing)\//.test(file))
    .map((file) => [file, [...readFileSync(join(src, file), "utf8").matchAll(/^ +get (\w+)\(\)/gm)]] as const)
    .filter(([, getters]) => getters.length > 0)
    .map(([file, getters]) => [file, getters.map(([, name]) => name).join(" ")]);

  expect(Object.fromEntries(found)).toEqual(MADE_SELDOM);
});
