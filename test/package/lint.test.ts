import { join } from "node:path";
import { expect, test } from "vitest";
import { doors, pack, run } from "../support/packed.ts";
import { ROOT } from "../support/run-node.ts";

const tool = (name: string): string => join(ROOT, "node_modules/.bin", name);

test("publint finds nothing in the packed package, strictly", () => {
  expect(run(ROOT, tool("publint"), "run", pack(), "--strict")).toContain("All good!");
});

test("every resolver that knows modules finds the types of every door in the packed package", () => {
  const report = run(ROOT, tool("attw"), pack(), "--profile", "esm-only", "--no-emoji");

  for (const door of doors().slice(1)) expect(report).toContain(`"${door}"\n\nnode16 (from ESM): OK`);
});
