import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { buildTools } from "../support/build-tools.ts";
import { installPacked, run } from "../support/packed.ts";

/** Opens a store in a worker thread, made as told, and prints what it holds. */
const application = (worker: string): string => `
import { Worker } from "node:worker_threads";
import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
async function main() {
  const store = await openEventStore(betterSqlite3({ path: "app.db", worker: ${worker} }));
  await store.stream("visits").append({ type: "visited" });
  console.log((await store.stream("visits").read().toArray()).length);
  await store.close();
}
void main();
`;

test("built by esbuild as a module, with the worker's file beside it, a store works in a thread of its own", () => {
  const root = build("esm", "true");
  copyFileSync(join(root, "node_modules/rivulet/dist/adapters/better-sqlite3/worker.js"), join(root, "dist/worker.js"));

  expect(run(root, process.execPath, "dist/main.js").trim()).toBe("1");
});

test("built by esbuild as CommonJS, a store works in a thread that the application makes", () => {
  const root = build("cjs", `() => new Worker(require.resolve("rivulet/better-sqlite3/worker"))`);

  expect(run(root, process.execPath, "dist/main.js").trim()).toBe("1");
});

/** As an application does that keeps better-sqlite3, which is no JavaScript, out of its bundle. */
function build(format: "esm" | "cjs", worker: string): string {
  const root = installPacked({ linked: ["better-sqlite3"] });
  writeFileSync(join(root, "package.json"), JSON.stringify({ type: format === "esm" ? "module" : "commonjs" }));
  writeFileSync(join(root, "main.mjs"), application(worker));
  const esbuild = join(buildTools(), "node_modules/esbuild/bin/esbuild");
  const options = ["--bundle", "--platform=node", `--format=${format}`, "--outfile=dist/main.js"];
  const kept = ["better-sqlite3", "rivulet/better-sqlite3/worker"].map((name) => `--external:${name}`);
  run(root, esbuild, "main.mjs", ...options, ...kept);
  return root;
}
