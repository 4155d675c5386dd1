import { isEventStoreError, openEventStore, type EventStore } from "rivulet";
import { sqliteWasm } from "rivulet/sqlite-wasm";
import type { LocalVerbs } from "./local-service.ts";
import { ofChosenFile } from "./chosen-file.ts";
import { isNewer } from "./problem.ts";

/** What can be done with a database of this browser whose counters cannot be opened. */
export interface Rescue {
  /** Resolves with whether the database can be opened, and therefore exported. */
  canExport(): Promise<boolean>;
  exportFile(): Promise<Uint8Array>;
  /** Puts a file in the place of the database. The file is checked before anything is removed. */
  importFile(bytes: Uint8Array): Promise<void>;
  /** Removes the database. */
  startAnew(): Promise<void>;
}

type Store = EventStore & LocalVerbs;

/** Opens the store alone, for each task: what fails may be all that is built on it. */
export function createRescue(name: string): Rescue {
  const removed = (): Promise<void> => removeFiles(name);
  return {
    canExport: () => use(name, async () => true).catch(() => false),
    exportFile: () => use(name, (store) => store.exportDatabase()),
    async importFile(bytes) {
      const take = (store: Store): Promise<void> => ofChosenFile(() => store.importDatabase(bytes));
      await use(name, take, async () => {
        // Another database takes the file first, because taking it is what checks it.
        const checked = `${name}-checked`;
        await use(checked, take).finally(() => use(checked, (store) => store.destroy()));
        await removed();
        await use(name, take);
      });
    },
    startAnew: () => use(name, (store) => store.destroy(), removed),
  };
}

/** Runs a task on an open store, or another one if its file is so damaged that it cannot be opened at all. */
async function use<Result>(
  name: string,
  task: (store: Store) => Promise<Result>,
  ifDamaged?: () => Promise<Result>,
): Promise<Result> {
  const store = await openEventStore(sqliteWasm({ name })).catch((error: unknown) => {
    if (isDamage(error) && ifDamaged !== undefined) return undefined;
    throw error;
  });
  if (store === undefined) return (ifDamaged as () => Promise<Result>)();
  try {
    return await task(store);
  } finally {
    await store.close();
  }
}

/** Whether a database can never be opened again. One of a newer format opens in a newer version of the page. */
function isDamage(error: unknown): boolean {
  return isEventStoreError(error, "storage-corrupt") || (isEventStoreError(error, "storage-format") && !isNewer(error));
}

/** Removes the files of a database that cannot be opened, so that no store can remove it. */
async function removeFiles(name: string): Promise<void> {
  const root = await navigator.storage.getDirectory();
  const folder = await root.getDirectoryHandle("rivulet");
  await folder.removeEntry(name, { recursive: true });
}
