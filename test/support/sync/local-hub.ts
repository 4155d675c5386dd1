import { openEventStore, type Adapter, type EventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { follow, type Replica } from "rivulet/sync";
import { createHub } from "rivulet/sync/hub";
import { onTestFinished } from "vitest";
import { bank } from "./bank.ts";

/** A hub in this process. */
export interface LocalHub {
  readonly store: EventStore;
  /** Whether replicas reach it. */
  online: boolean;
  /** Opens a store that follows every stream whose name starts with "account-". */
  replica(adapter: Adapter): Promise<{ readonly store: EventStore; readonly replica: Replica }>;
}

/** Starts a hub in this process, to which replicas speak without a network. */
export async function startLocalHub(): Promise<LocalHub> {
  const store = await openEventStore(betterSqlite3());
  const hub = createHub(store, { authenticate: () => "ada", mayAppend: () => true, deciders: { bank: bank as never } });
  onTestFinished(() => store.close());
  const self: LocalHub = {
    store,
    online: false,
    async replica(adapter) {
      const own = await openEventStore(adapter);
      onTestFinished(() => own.close());
      const replica = await follow(own, {
        url: "http://hub.test",
        streamPrefixes: ["account-"],
        deciders: { bank },
        fetch: async (url, init) => {
          if (!self.online) throw new Error("offline");
          return hub.fetch(new Request(url, init as RequestInit));
        },
      });
      return { store: own, replica };
    },
  };
  return self;
}
