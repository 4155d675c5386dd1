import { spawnSync } from "node:child_process";
import { copyFileSync, cpSync, existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { doors, installPacked, pack, run } from "../support/packed.ts";
import { ROOT } from "../support/run-node.ts";
import { temporaryFolder } from "../support/temporary.ts";

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

test("an application for the browser compiles strictly too, with the DOM's types", () => {
  const folder = installPacked();
  const compilerOptions = { ...STRICT, lib: ["es2022", "dom"], noEmit: true };
  cpSync(join(ROOT, "test/package/browser-app"), folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["main.ts"] }));

  run(folder, process.execPath, join(ROOT, "node_modules/typescript/bin/tsc"), "-p", ".");
});

test("every entry point compiles strictly without the DOM's types, except where a peer needs them", () => {
  const folder = installPacked({
    linked: [
      "@types/better-sqlite3",
      "@opentelemetry/api",
      "@types/react",
      "better-sqlite3",
      "drizzle-orm",
      "kysely",
      "solid-js",
      "svelte",
      "vue",
    ],
  });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  const ofBrowsers = doors().filter((door) => /\/(?:opentelemetry|solid|sqlite-wasm|svelte|vue)\b/.test(door));
  const compiled = {
    anywhere: [["es2022"], doors().filter((door) => !ofBrowsers.includes(door))],
    browsers: [["es2022", "dom"], ofBrowsers],
  } as const;
  for (const [name, [lib, some]] of Object.entries(compiled)) {
    const imports = some.map((door, index) => `import * as door${index} from "${door}";\nexport { door${index} };\n`);
    writeFileSync(join(folder, `${name}.ts`), imports.join(""));
    const compilerOptions = { ...STRICT, lib, noEmit: true };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: [`${name}.ts`] }));
    run(folder, process.execPath, join(ROOT, "node_modules/typescript/bin/tsc"), "-p", ".");
  }
  expect(compiled.anywhere[1].length).toBeGreaterThan(6);
});

test("plain JavaScript imports every entry point in Node, except the workers' files", () => {
  const folder = installPacked({
    linked: ["@opentelemetry/api", "better-sqlite3", "drizzle-orm", "kysely", "react", "solid-js", "svelte", "vue"],
  });
  const names = doors().filter((door) => !door.endsWith("/worker"));
  const script = `for (const door of ${JSON.stringify(names)}) console.log(Object.keys(await import(door)).length > 0);`;
  writeFileSync(join(folder, "doors.mjs"), script);

  const output = run(folder, process.execPath, "doors.mjs");

  expect(output.trim().split("\n")).toEqual(names.map(() => "true"));
});

test("an application without a framework and SQLite imports the entry points that need neither", () => {
  const folder = installPacked();
  const script = `await import("rivulet"); await import("rivulet/sqlite-wasm"); await import("rivulet/ndjson");
    for (const name of ["react", "solid", "svelte", "vue"])
      await import("rivulet/" + name).catch(({ code }) => console.log(code));`;
  writeFileSync(join(folder, "doors.mjs"), script);

  expect(run(folder, process.execPath, "doors.mjs").trim().split("\n")).toEqual(Array(4).fill("ERR_MODULE_NOT_FOUND"));
});

test("npx runs the command line of the installed package, and says so if better-sqlite3 is missing", () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "fresh", private: true, type: "module" }));
  run(folder, "npm", "install", "--no-audit", "--no-fund", "--silent", "--legacy-peer-deps", pack());
  const program = join(folder, "node_modules/.bin/rivulet");
  const rivulet = (...args: readonly string[]): ReturnType<typeof spawnSync> =>
    spawnSync(program, args, { cwd: folder, encoding: "utf8" });
  const line = JSON.stringify({ stream: "orders", id: "1", type: "ordered" });
  writeFileSync(join(folder, "events.ndjson"), line);

  const without = rivulet("import", "app.db", "events.ndjson");
  expect([without.status, String(without.stderr)]).toEqual([3, expect.stringContaining("npm install better-sqlite3")]);

  symlinkSync(join(ROOT, "node_modules/better-sqlite3"), join(folder, "node_modules/better-sqlite3"));
  expect(rivulet("import", "app.db", "events.ndjson").status).toBe(0);
  expect(run(folder, "npx", "--no-install", "rivulet", "streams", "app.db")).toBe("orders\t1\n");
});

test("the package contains every file that its entry points name, and no sources or tests", () => {
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
