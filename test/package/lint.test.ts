import { join } from "node:path";
import { expect, test } from "vitest";
import { doors, pack, run } from "../support/packed.ts";
import { ROOT } from "../support/run-node.ts";

const tool = (name: string): string => join(ROOT, "node_modules/.bin", name);

test("publint in strict mode finds no problem in the packed package", () => {
  expect(run(ROOT, tool("publint"), "run", pack(), "--strict")).toContain("All good!");
});

interface Resolved {
  readonly resolution?: { readonly isTypeScript: boolean; readonly isJson: boolean };
  readonly visibleProblems?: readonly number[];
}

interface Report {
  readonly analysis: {
    readonly entrypoints: Readonly<Record<string, { readonly resolutions: Readonly<Record<string, Resolved>> }>>;
  };
}

test("every module resolution mode finds the types of every entry point in the packed package", () => {
  const text = run(
    ROOT,
    tool("attw"),
    pack(),
    "--profile",
    "esm-only",
    "--exclude-entrypoints",
    "sqlite-wasm/sqlite3.wasm",
    "--format",
    "json",
  );
  const { entrypoints } = (JSON.parse(text) as Report).analysis;

  for (const door of doors()) {
    const { resolutions } = entrypoints[door.replace("rivulet", ".")] ?? { resolutions: {} };
    for (const resolver of ["node16-esm", "bundler"]) {
      const { resolution, visibleProblems = [] } = resolutions[resolver] ?? {};
      const found = { door, resolver, types: resolution?.isTypeScript === true, problems: visibleProblems };
      expect(found).toEqual({ door, resolver, types: true, problems: [] });
    }
  }
});
