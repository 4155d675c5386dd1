import { memory, openEventStore, type EventStore } from "rivulet";
import { sqliteWasm } from "rivulet/sqlite-wasm";
import { conformanceCases, type ConformanceHarness } from "rivulet/testing";
import { INDEXED_KEYS } from "../../support/indexed-keys.ts";

/** The harnesses of the conformance suite in a page. A test in Node lists the same names with the same hooks. */
export const harnesses: Readonly<Record<string, ConformanceHarness>> = {
  memory: { open: (options) => openEventStore(memory(), options) },
  "sqlite-wasm in memory": {
    open: async (options) => openEventStore(sqliteWasm({ wasm: await compiled() }), options),
    sql: true,
    limits: true,
  },
  "sqlite-wasm": onFiles(),
};

let compiling: Promise<WebAssembly.Module> | undefined;

/** `?compiled`: compiles SQLite once, for a browser that would compile it for each of hundreds of stores. */
function compiled(): Promise<WebAssembly.Module> | undefined {
  if (!new URLSearchParams(location.search).has("compiled")) return undefined;
  const file = new URL("../../../dist/adapters/sqlite-wasm/sqlite3.wasm", import.meta.url);
  return (compiling ??= WebAssembly.compileStreaming(fetch(file)));
}

/** Stores in the browser's private files, each under a name of its own. */
function onFiles(): ConformanceHarness {
  const names = new WeakMap<EventStore, string>();
  const openAt = async (name: string, options: Parameters<ConformanceHarness["open"]>[0]): Promise<EventStore> => {
    const store = await openEventStore(sqliteWasm({ name, indexedMetadata: INDEXED_KEYS }), options);
    names.set(store, name);
    return store;
  };
  const again: NonNullable<ConformanceHarness["reopen"]> = (store, options) =>
    openAt(names.get(store) as string, options);
  return {
    open: (options) => openAt(crypto.randomUUID(), options),
    reopen: again,
    alongside: again,
    sql: true,
    limits: true,
  };
}

export async function runCase(harness: string, name: string): Promise<void> {
  const hooks = harnesses[harness];
  const found = hooks && conformanceCases(hooks).find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no case "${name}" over ${harness}`);
  await found.run();
}
