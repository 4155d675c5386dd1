import { copyFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { buildTools } from "../support/build-tools.ts";
import { installPacked, run } from "../support/packed.ts";

/** Opens a store in a worker thread with this `worker` option, and prints its events. */
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

test("built by esbuild as a module, with the worker's file beside it, a store works in its own thread", () => {
  const root = build("esm", "true");
  copyFileSync(join(root, "node_modules/rivulet/dist/adapters/better-sqlite3/worker.js"), join(root, "dist/worker.js"));

  expect(run(root, process.execPath, "dist/main.js").trim()).toBe("1");
});

test("built by esbuild as CommonJS, a store works in a thread that the application starts", () => {
  const root = build("cjs", `() => new Worker(require.resolve("rivulet/better-sqlite3/worker"))`);

  expect(run(root, process.execPath, "dist/main.js").trim()).toBe("1");
});

test("without better-sqlite3 the module can be imported, and opening a store says what to install", () => {
  const root = installPacked();
  writeFileSync(join(root, "package.json"), JSON.stringify({ type: "module" }));
  writeFileSync(
    join(root, "main.mjs"),
    `import { openEventStore } from "rivulet";
     import { betterSqlite3 } from "rivulet/better-sqlite3";
     for (const worker of [false, true]) {
       await openEventStore(betterSqlite3({ worker })).catch(({ code, message, details }) =>
         console.log(code, details.reason, message.slice(0, 64)),
       );
     }`,
  );

  const says = "storage-unavailable no-better-sqlite3 better-sqlite3 cannot be loaded: npm install better-sqlite3: Can";
  expect(run(root, process.execPath, "main.mjs").trim().split("\n")).toEqual([says, says]);
});

/** Runs a possibly endless query on a read model, and prints its outcome. */
const ASKING = `
import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { defineReadModel, sql, table } from "rivulet/read-models";
async function main() {
  const store = await openEventStore(betterSqlite3({ path: "app.db" }));
  const rows = table("rows", "n INTEGER");
  const model = await store.readModel(defineReadModel({ name: "m", tables: [rows], on: {} }));
  const numbers = sql\`WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 3) SELECT sum(n) AS sum FROM t\`;
  const asked = await model.query(numbers).catch(({ code, message }) => ({ code, message }));
  console.log(JSON.stringify(asked));
  await store.close();
}
void main();
`;

test("built by esbuild without the file that interrupts long statements, possibly endless queries are refused with the name of the missing file", () => {
  const root = build("esm", "true", ASKING);
  const ask = (): unknown => JSON.parse(run(root, process.execPath, "dist/main.js"));

  expect(ask()).toEqual({
    code: "storage-unavailable",
    message: expect.stringMatching(
      /dist\/process\.js is missing.*node_modules\/rivulet\/dist\/adapters\/better-sqlite3\/process\.js/,
    ),
  });
  for (const file of ["process.js", "worker.js"]) {
    copyFileSync(join(root, "node_modules/rivulet/dist/adapters/better-sqlite3", file), join(root, "dist", file));
  }
  expect(ask()).toEqual([{ sum: 6 }]);
});

/**
 * Appends until the log begins anew, and prints how many pages it had. It has 8,000 where this thread copies it, and 32,000 where it
 * goes on to leave that to a thread that is gone.
 */
const WRITING = `
import Database from "better-sqlite3";
import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
async function main() {
  const store = await openEventStore(betterSqlite3({ path: "app.db", durability: "normal" }));
  const counting = new Database("app.db");
  const data = "x".repeat(600);
  let longest = 0;
  // If it never begins anew, the length tells so.
  for (let batch = 0; longest < 40_000; batch++) {
    await store.append(Array.from({ length: 100 }, (_, index) => ({
      stream: "stream-" + ((batch * 100 + index * 7919) % 50021), events: { type: "written", data },
    })));
    const [{ log }] = counting.pragma("wal_checkpoint(NOOP)");
    if (log < longest) break;
    longest = log;
  }
  counting.close();
  await store.close();
  console.log(longest);
}
void main();
`;

/** What the thread for checkpoints may be: its first call opens the file, the later ones copy the log. */
const BROKEN_THREADS = {
  missing: undefined,
  "a script that ends at once": "",
  "a script that ends at the first copy": `
    require("node:worker_threads").parentPort.on("message", function (call) {
      if (call === "copy") process.exit(1);
      this.postMessage("done");
    });`,
  "a script that fails to copy": `
    require("node:worker_threads").parentPort.on("message", function (call) {
      this.postMessage(call === "copy" ? "failed" : "done");
    });`,
  "a script that throws": `
    require("node:worker_threads").parentPort.on("message", function (call) {
      if (call === "copy") throw new Error("broken");
      this.postMessage("done");
    });`,
} as const;

test.each(Object.entries(BROKEN_THREADS))(
  "built by esbuild as a module, a log is copied by the thread that writes where the thread for checkpoints is %s",
  (_name, script) => {
    const root = build("esm", "true", WRITING);
    writeFileSync(join(root, "package.json"), "{}");
    renameSync(join(root, "dist/main.js"), join(root, "dist/main.mjs"));
    if (script !== undefined) writeFileSync(join(root, "dist/log-checkpoints.js"), script);

    const pages = Number(run(root, process.execPath, "dist/main.mjs"));
    expect(pages).toBeGreaterThan(4_000);
    expect(pages).toBeLessThan(28_000);
  },
);

test("built by esbuild as CommonJS, a store copies a long log itself", () => {
  const root = build("cjs", "true", WRITING);

  const pages = Number(run(root, process.execPath, "dist/main.js"));
  expect(pages).toBeGreaterThan(7_000);
  expect(pages).toBeLessThan(28_000);
});

/** As an application does that keeps better-sqlite3, a native module, out of its bundle. */
function build(format: "esm" | "cjs", worker: string, main = application(worker)): string {
  const root = installPacked({ linked: ["better-sqlite3"] });
  writeFileSync(join(root, "package.json"), JSON.stringify({ type: format === "esm" ? "module" : "commonjs" }));
  writeFileSync(join(root, "main.mjs"), main);
  const esbuild = join(buildTools(), "node_modules/esbuild/bin/esbuild");
  const options = ["--bundle", "--platform=node", `--format=${format}`, "--outfile=dist/main.js"];
  const kept = ["better-sqlite3", "rivulet/better-sqlite3/worker"].map((name) => `--external:${name}`);
  run(root, esbuild, "main.mjs", ...options, ...kept);
  return root;
}
