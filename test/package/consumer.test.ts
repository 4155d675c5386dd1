import { copyFileSync, cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { installPacked, run } from "../support/packed.ts";
import { ROOT } from "../support/run-node.ts";

const STRICT = {
  target: "es2022",
  module: "nodenext",
  lib: ["es2022"],
  types: [],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  verbatimModuleSyntax: true,
  skipLibCheck: false,
};

test("the packed package compiles in a strict application without further types, and runs there", () => {
  const folder = installPacked({ linked: ["better-sqlite3"] });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: STRICT, files: ["consumer.ts"] }));
  copyFileSync(join(ROOT, "test/package/consumer.ts"), join(folder, "consumer.ts"));

  run(folder, process.execPath, join(ROOT, "node_modules/typescript/bin/tsc"), "-p", ".");
  const start = `import { run } from "./consumer.js"; console.log(await run(${JSON.stringify(join(folder, "app.db"))}));`;
  const output = run(folder, process.execPath, "--input-type=module", "--eval", start);

  expect(output.trim()).toBe("3");
});

test("an application for the browser compiles as strictly, with the DOM's types beside ours", () => {
  const folder = installPacked();
  const compilerOptions = { ...STRICT, lib: ["es2022", "dom"], noEmit: true };
  cpSync(join(ROOT, "test/package/browser-app"), folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["main.ts"] }));

  run(folder, process.execPath, join(ROOT, "node_modules/typescript/bin/tsc"), "-p", ".");
});

test("the package holds every file that its doors name, and no sources or tests", () => {
  const folder = installPacked();
  const installed = join(folder, "node_modules/rivulet");
  const { exports } = JSON.parse(readFileSync(join(installed, "package.json"), "utf8")) as {
    exports: Record<string, string | Record<string, string>>;
  };
  const targets = Object.values(exports).flatMap((door) => (typeof door === "string" ? [door] : Object.values(door)));

  expect(targets.filter((target) => !existsSync(join(installed, target)))).toEqual([]);
  expect(targets.length).toBeGreaterThan(6);
  for (const name of ["src", "adapters", "test", "demo", ".build", "tsconfig.json"]) {
    expect(existsSync(join(installed, name)), name).toBe(false);
  }
});
