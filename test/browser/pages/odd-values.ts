/** A store with unusual values, whose file is exported and imported in Base64. */
import { openEventStore } from "rivulet";
import { sqliteWasm } from "rivulet/sqlite-wasm";
import { useOddValues } from "../../support/odd-values.ts";
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

declare global {
  interface Window {
    readonly useFile: typeof useFile;
  }
}

Object.assign(globalThis, { useFile });
