import { conformanceCases, type ConformanceHarness } from "rivulet/testing";
import { beforeAll, describe, expect, test } from "vitest";
import { countInMatrix } from "../support/count-in-matrix.ts";
import { startWorkerd, type Workerd } from "../support/workerd.ts";

const never = (): Promise<never> => Promise.reject(new Error("only the names are wanted"));

/** The hooks of the worker, so that the names of its cases are known before it runs. */
const HARNESS: ConformanceHarness = { open: never, reopen: never, alongside: never, sql: true };

let workerd: Workerd;
beforeAll(async () => {
  workerd = await startWorkerd("conformance", "Stores");
  return workerd.close;
});

describe.each([
  ["inside a Durable Object", "/inside"],
  ["in a Worker, over RPC", "/remote"],
])("durable-objects in workerd, %s", (_where, path) => {
  countInMatrix("workerd", "conformance");
  for (const { name } of conformanceCases(HARNESS)) {
    test(name, async () => {
      expect(await workerd.ask(`${path}?name=${encodeURIComponent(name)}`)).toBeNull();
    });
  }
});
