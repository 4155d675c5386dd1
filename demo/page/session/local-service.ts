import { openEventStore, type EventStore } from "rivulet";
import type { Replica } from "rivulet/sync";
import { sqliteWasm, type SqliteWasmVerbs } from "rivulet/sqlite-wasm";
import { openCounterService } from "../../counter/open-service.ts";
import type { ServiceOptions } from "../../counter/read-side.ts";
import type { CounterService } from "../../counter/service.ts";

/** The additional verbs of a store that is in the browser. */
export type LocalVerbs = SqliteWasmVerbs;

/** What the inspector looks into. */
export interface Inspected {
  readonly store: EventStore;
  readonly replica?: Replica;
}

export interface LocalService {
  readonly inspected: Inspected;
  readonly service: CounterService;
  readonly verbs: LocalVerbs;
}

/** Opens the counters of this browser: SQLite in a worker, on private files that all tabs share. */
export async function openLocal(name: string, options: ServiceOptions): Promise<LocalService> {
  const store = await openEventStore(sqliteWasm({ name }));
  try {
    return { service: await openCounterService(store, options), verbs: store, inspected: { store } };
  } catch (error) {
    await store.close();
    throw error;
  }
}
