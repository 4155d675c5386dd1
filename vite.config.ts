import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { LongestFirst } from "./test/support/longest-first.ts";

const dist = (path: string): string => fileURLToPath(new URL(`./dist/${path}`, import.meta.url));

export default defineConfig({
  resolve: {
    // The tests use the package as others do: by its name, built.
    alias: [
      { find: /^rivulet$/, replacement: dist("src/index.js") },
      { find: /^rivulet\/adapter$/, replacement: dist("src/adapter.js") },
      {
        find: /^rivulet\/(consumers|copy|deciders|events|inspection|ndjson|projections|read-models|sync|sync\/hub|testing|time-travel)$/,
        replacement: dist("src/$1/index.js"),
      },
      {
        find: /^rivulet\/(better-sqlite3|node-sqlite|sqlite-wasm)\/worker$/,
        replacement: dist("adapters/$1/worker.js"),
      },
      { find: /^rivulet\/node$/, replacement: dist("adapters/node-engines/index.js") },
      { find: /^rivulet\/([a-z0-9-]+)$/, replacement: dist("adapters/$1/index.js") },
    ],
  },
  test: {
    include: ["test/**/*.test.ts"],
    // So that after `tsc -b` alone the workers are not those of an older build.
    globalSetup: ["adapters/bundle-workers.js", "test/support/made-once.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // What is waited for comes; when, depends on the machine.
    expect: { poll: { timeout: 30_000 } },
    pool: "forks",
    // V8 of Node 20 (11.3) ends the process where it has inlined a call of WebAssembly and discards that code during the call.
    // Later versions do not, and need not know the flag.
    execArgv: process.versions.v8.startsWith("11.") ? ["--no-turbo-inline-js-wasm-calls"] : [],
    // Of two cores, one would be idle whenever a file waits for a browser, a time limit or the network.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
  },
});
