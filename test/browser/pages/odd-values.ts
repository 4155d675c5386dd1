/** A store with unusual values, whose file is exported and imported in Base64. */
import { openEventStore } from "rivulet";
import { sqliteWasm } from "rivulet/sqlite-wasm";
import { useOddValues } from "../../support/odd-values.ts";
import { askAtRandom } from "../../support/statements-and-values.ts";
import { toBase64 } from "./pool-files.ts";

const adapter = sqliteWasm({ name: "odd" });

async function useFile(file: string | null): Promise<readonly [report: string, file: string]> {
  if (file !== null) {
    const replaced = await openEventStore(adapter);
    await replaced.importDatabase(Uint8Array.from(atob(file), (character) => character.charCodeAt(0)));
    await replaced.close();
  }
  const store = await openEventStore(adapter);
  const report = await useOddValues(store);
  const bytes = await store.exportDatabase();
  await store.close();
  return [JSON.stringify(report), toBase64(bytes)];
}

/** Returns JSON: some results are too deep for what connects a test with a page. */
async function askInMemory(seed: number): Promise<string> {
  const store = await openEventStore(sqliteWasm());
  const results = await askAtRandom(store, seed);
  await store.close();
  return JSON.stringify(results);
}

declare global {
  interface Window {
    readonly useFile: typeof useFile;
    readonly askInMemory: typeof askInMemory;
  }
}

Object.assign(globalThis, { useFile, askInMemory });

// A browser that a test can only start is told the seed in the address.
const seed = new URLSearchParams(location.search).get("seed");
if (seed !== null)
  await fetch("/report", {
    method: "POST",
    body: JSON.stringify([navigator.userAgent, await askInMemory(Number(seed))]),
  });
