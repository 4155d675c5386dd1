import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { buildTools } from "../support/build-tools.ts";
import { doors, installPacked, placeFakeDriver, run } from "../support/packed.ts";

test("CommonJS can require every entry point that Node can run", () => {
  const folder = installPacked({
    linked: ["@opentelemetry/api", "better-sqlite3", "drizzle-orm", "kysely", "react", "solid-js", "svelte", "vue"],
  });
  const names = doors().filter((door) => !door.endsWith("/worker"));
  const script = `for (const door of ${JSON.stringify(names)}) console.log(Object.keys(require(door)).length > 0);`;
  writeFileSync(join(folder, "doors.cjs"), script);

  expect(run(folder, process.execPath, "doors.cjs").trim().split("\n")).toEqual(names.map(() => "true"));
});

test.each([
  ["node10", "commonjs"],
  ["bundler", "esnext"],
])("TypeScript 5 finds the types of every door with moduleResolution %s", (moduleResolution, module) => {
  const folder = installPacked({
    linked: [
      "@types/better-sqlite3",
      "@types/node",
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
  const imports = doors().map((door, index) => `import * as door${index} from "${door}";\nexport { door${index} };\n`);
  writeFileSync(join(folder, "doors.ts"), imports.join(""));
  const compilerOptions = {
    ...{ target: "es2022", lib: ["es2022", "dom"], strict: true, noEmit: true, types: ["node"] },
    ...{ module, moduleResolution, skipLibCheck: true },
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["doors.ts"] }));

  run(folder, process.execPath, join(buildTools(), "node_modules/typescript/bin/tsc"), "-p", ".");
});

const NODE = Number.parseInt(process.versions.node, 10);

test.skipIf(NODE >= 22)(
  "a version of better-sqlite3 that would crash the process is refused, with the version to install",
  () => {
    const folder = installPacked();
    placeFakeDriver(
      folder,
      "13.2.0",
      "module.exports = class { constructor() { process.abort(); } static SqliteError = Error; };",
    );
    const script = `
    const { openEventStore } = await import("rivulet");
    const { betterSqlite3 } = await import("rivulet/better-sqlite3");
    for (const worker of [false, true])
      await openEventStore(betterSqlite3({ path: "app.db", worker })).catch(({ code, message }) => console.log(code, message));`;
    writeFileSync(join(folder, "main.mjs"), script);

    const lines = run(folder, process.execPath, "main.mjs").trim().split("\n");

    expect(lines).toHaveLength(2);
    for (const line of lines) expect(line).toMatch(/^storage-unavailable .*13\.2\.0 needs Node 22.*better-sqlite3@12/);
  },
);
