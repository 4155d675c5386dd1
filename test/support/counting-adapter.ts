import { memory, openEventStore, type EventStore } from "rivulet";
import type { Adapter, AppendOutcome, AppendRequest, EventStorage } from "rivulet/adapter";

/** Stores over one storage in memory, as in two processes, with a count of each store's calls. */
export interface SharedMemory {
  open(): Promise<{ readonly store: EventStore; readonly calls: string[]; readonly gate: Gate }>;
}

/** Holds back the appends of one store. */
interface Gate {
  /** From now on appends wait; resolves when one does. */
  hold(): Promise<void>;
  release(): void;
}

export async function sharedMemory(): Promise<SharedMemory> {
  const { storage } = await memory().open();
  return {
    async open() {
      const calls: string[] = [];
      const gate = createGate();
      const store = await openEventStore(counting(storage, calls, gate));
      return { store, calls, gate };
    },
  };
}

function counting(storage: EventStorage, calls: string[], gate: { pass(): Promise<void> }): Adapter {
  const counted: EventStorage = {
    ...storage,
    async append(requests: readonly AppendRequest[]): Promise<readonly AppendOutcome[]> {
      calls.push("append");
      await gate.pass();
      return storage.append(requests);
    },
    readPage(query) {
      calls.push(query.filter?.ids === undefined ? "page" : "look up");
      return storage.readPage(query);
    },
    loadSnapshot(query) {
      calls.push("snapshot");
      return storage.loadSnapshot(query);
    },
    // The storage belongs to all stores.
    close: () => Promise.resolve(),
  };
  return { name: "counting", open: () => Promise.resolve({ storage: counted, verbs: {} }) };
}

function createGate(): Gate & { pass(): Promise<void> } {
  let held: Promise<void> | undefined;
  let release: (() => void) | undefined;
  let arrived: (() => void) | undefined;
  return {
    async pass() {
      arrived?.();
      await held;
    },
    hold() {
      held = new Promise((resolve) => (release = resolve));
      return new Promise((resolve) => (arrived = resolve));
    },
    release() {
      held = undefined;
      release?.();
    },
  };
}
