import { openEventStore } from "rivulet";
import { sqliteWasm, type SqliteWasmOptions } from "rivulet/sqlite-wasm";
import { afterEach, expect, test, vi } from "vitest";
import { failure } from "../support/outcome.ts";

/** As a server does that renders an application's pages. */
test.each<SqliteWasmOptions>([
  { name: "app" },
  {},
  { name: "app", fallback: "memory" },
  { name: "app", wasm: "/sqlite3.wasm" },
  { name: "app", worker: () => new Worker("/worker.js") },
])("where there is no browser, opening a store of %j says so", async (options) => {
  const error = await failure(openEventStore(sqliteWasm(options)), "storage-unavailable");

  expect(error.details.reason).toBe("no-browser");
});

afterEach(() => vi.unstubAllGlobals());

test.each(["http://[", "//", "http://a b"])(
  "an invalid address of the WebAssembly file is refused: %s",
  async (wasm) => {
    vi.stubGlobal("Worker", () => undefined);
    vi.stubGlobal("location", { href: "http://localhost/" });

    const error = await failure(openEventStore(sqliteWasm({ name: "app", wasm })), "invalid-argument");

    expect(error.details.argument).toBe("wasm");
  },
);
