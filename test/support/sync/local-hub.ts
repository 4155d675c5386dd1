import { openEventStore, type Adapter, type EventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { follow, type ReadableLike, type Replica } from "rivulet/sync";
import { createHub } from "rivulet/sync/hub";
import { onTestFinished } from "vitest";
import { bank } from "./bank.ts";

/** A hub in this process. */
export interface LocalHub {
  readonly store: EventStore;
  /** Whether replicas reach it; first not. */
  readonly online: boolean;
  /** Lets replicas reach it, or cuts what is under way. */
  connect(online: boolean): void;
  /** Opens a store that follows every stream whose name starts with "account-". */
  replica(adapter: Adapter): Promise<{ readonly store: EventStore; readonly replica: Replica }>;
}

/** Starts a hub in this process, to which replicas speak without a network. */
export async function startLocalHub(): Promise<LocalHub> {
  const store = await openEventStore(betterSqlite3());
  const hub = createHub(store, { authenticate: () => "ada", mayAppend: () => true, deciders: { bank: bank as never } });
  onTestFinished(() => store.close());
  let online = false;
  let cut: () => void = () => undefined;

  return {
    store,
    get online() {
      return online;
    },
    connect(wanted) {
      online = wanted;
      if (!wanted) cut();
    },
    async replica(adapter) {
      const own = await openEventStore(adapter);
      onTestFinished(() => own.close());
      const replica = await follow(own, {
        url: "http://hub.test",
        streamPrefixes: ["account-"],
        deciders: { bank },
        async fetch(url, init) {
          if (!online) throw new Error("offline");
          const broken = new Promise<never>((_resolve, reject) => {
            const before = cut;
            cut = () => {
              before();
              reject(new Error("offline"));
            };
          });
          broken.catch(() => undefined);
          const responding = hub.fetch(new Request(url, init));
          // An answer that comes after the cut is not read, and the hub hears of that.
          broken.catch(async () => (await responding).body?.getReader().cancel()).catch(() => undefined);
          const { status, body } = await Promise.race([responding, broken]);
          return { status, body: body && breakable(body, broken) };
        },
      });
      return { store: own, replica };
    },
  };
}

/** A body whose reading fails when the connection breaks. */
function breakable(body: ReadableLike, broken: Promise<never>): ReadableLike {
  return {
    getReader() {
      const reader = body.getReader();
      broken.catch((reason: unknown) => reader.cancel(reason).catch(() => undefined));
      return { read: () => Promise.race([reader.read(), broken]), cancel: (reason) => reader.cancel(reason) };
    },
  };
}
