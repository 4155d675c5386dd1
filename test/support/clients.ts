import { memory, openEventStore, type EventStore, type OpenOptions } from "rivulet";
import type { Adapter, EventStorage } from "rivulet/adapter";

/** A store that shares its storage with others, as in another process. */
interface Client {
  readonly store: EventStore;
  /** From now on its calls to the storage are held back, as if its process were stopped. */
  freeze(): void;
  readonly frozen: boolean;
  /** Sends the calls that were held back. */
  thaw(): void;
}

/** Any number of clients that share a storage, in memory by default. */
export interface SharedStorage {
  readonly storage: EventStorage;
  client(options?: OpenOptions): Promise<Client>;
}

export async function openSharedStorage(adapter: Adapter = memory()): Promise<SharedStorage> {
  const { storage } = await adapter.open();
  return { storage, client: (options) => openClient(storage, options) };
}

async function openClient(storage: EventStorage, options?: OpenOptions): Promise<Client> {
  let frozen = false;
  let waiting: (() => void)[] = [];
  const pass = async <T>(work: () => Promise<T>): Promise<T> => {
    if (frozen) await new Promise<void>((resolve) => waiting.push(resolve));
    return work();
  };
  const { leases, consumers } = storage;
  const store = await openEventStore(
    {
      name: "client",
      open: () =>
        Promise.resolve({
          storage: {
            ...storage,
            append: (requests) => pass(() => storage.append(requests)),
            readPage: (query) => pass(() => storage.readPage(query)),
            head: () => pass(() => storage.head()),
            leases: {
              acquireLease: (request) => pass(() => leases.acquireLease(request)),
              releaseLease: (fence) => pass(() => leases.releaseLease(fence)),
              listLeases: (query) => pass(() => leases.listLeases(query)),
            },
            consumers: {
              loadCheckpoint: (name) => pass(() => consumers.loadCheckpoint(name)),
              moveConsumer: (move) => pass(() => consumers.moveConsumer(move)),
              listConsumerParked: (query) => pass(() => consumers.listConsumerParked(query)),
            },
            close: () => Promise.resolve(),
          } satisfies EventStorage,
          verbs: {},
        }),
    },
    options,
  );
  return {
    store,
    get frozen() {
      return frozen;
    },
    freeze: () => void (frozen = true),
    thaw() {
      frozen = false;
      for (const resolve of waiting) resolve();
      waiting = [];
    },
  };
}
