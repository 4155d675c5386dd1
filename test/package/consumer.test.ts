import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { temporaryFolder } from "../support/temporary.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

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
  const folder = installPacked();
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: STRICT, files: ["consumer.ts"] }));
  copyFileSync(join(ROOT, "test/package/consumer.ts"), join(folder, "consumer.ts"));

  run(folder, process.execPath, join(ROOT, "node_modules/typescript/bin/tsc"), "-p", ".");
  const start = `import { run } from "./consumer.js"; console.log(await run(${JSON.stringify(join(folder, "app.db"))}));`;
  const output = run(folder, process.execPath, "--input-type=module", "--eval", start);

  expect(output.trim()).toBe("3");
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

/** A folder with the package as npm would unpack it, and the one peer that it needs. */
function installPacked(): string {
  const folder = temporaryFolder();
  run(ROOT, "npm", "pack", "--ignore-scripts", "--silent", "--pack-destination", folder);
  run(folder, "tar", "-xzf", `rivulet-${version()}.tgz`);
  mkdirSync(join(folder, "node_modules"));
  renameSync(join(folder, "package"), join(folder, "node_modules/rivulet"));
  symlinkSync(join(ROOT, "node_modules/better-sqlite3"), join(folder, "node_modules/better-sqlite3"));
  return folder;
}

function version(): string {
  return (JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string }).version;
}

/** What a command prints; its failure is the test's. */
function run(cwd: string, command: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: "utf8" });
  expect(status, `${command} ${args.join(" ")}\n${stdout}${stderr}`).toBe(0);
  return stdout;
}
