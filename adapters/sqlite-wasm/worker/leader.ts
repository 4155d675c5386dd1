import { createStorageServer, EventStoreError, type Endpoint, type StorageServer } from "../../../src/adapter.ts";
import { openChannel, type Channel, type Hail, type Welcome } from "../shared/channel.ts";
import { openDatabase, rehearse } from "./database.ts";
import { whenReleased } from "../shared/locks.ts";
import { placesOf, type Places } from "../shared/places.ts";
import type { Sqlite } from "./sqlite.ts";
import { createDefer } from "./turns.ts";
import { clientOutdated, isNewer, OURS } from "../shared/versions.ts";

export interface Candidacy {
  readonly sqlite: Sqlite;
  readonly name: string;
  /** Where its own tab asks. */
  readonly port: Endpoint;
  readonly durability: "full" | "normal";
  /** Aborted when it is to let go. */
  readonly signal: AbortSignal;
  /** Called when it has taken over, with the database's identity. */
  readonly leading: (database: string) => void;
}

/**
 * Waits for its turn to be the one that has the database open, then serves every tab until it is told to let go. Everything
 * that takes long and needs no lock is done before, so that the others wait for the opening alone.
 */
export async function stand(candidacy: Candidacy): Promise<void> {
  const { name, signal } = candidacy;
  const places = placesOf(name);
  await refuseWithoutFiles();
  try {
    if (await leadAtOnce(candidacy, places)) return;
    await rehearse(candidacy.sqlite.sqlite3);
    await navigator.locks.request(places.leader, { signal }, () => lead(candidacy, places));
  } catch (error) {
    // Told to let go while it waited: there is nothing to let go of.
    if (error !== signal.reason) throw error;
  }
}

/** False: another one has the database open, and there is time. */
function leadAtOnce(candidacy: Candidacy, places: Places): Promise<boolean> {
  return navigator.locks.request(places.leader, { ifAvailable: true }, async (lock) => {
    if (lock !== null) await lead(candidacy, places);
    return lock !== null;
  });
}

async function lead(candidacy: Candidacy, places: Places): Promise<void> {
  const { sqlite, port, durability, signal, leading } = candidacy;
  const { storage, id, verbs, close } = await openDatabase(sqlite, places.directory, durability);
  const server = createStorageServer(storage, { defer: createDefer(), verbs });
  const disconnect = server.connect(port);
  const newer = new AbortController();
  const dismiss = receiveTabs(server, places, id, () => newer.abort());
  leading(id);
  await Promise.race([whenAborted(signal), whenAborted(newer.signal)]);
  // Nothing new is taken in; what has no answer yet is asked again of whoever comes next.
  disconnect();
  dismiss();
  await close();
  if (newer.signal.aborted) throw clientOutdated();
}

function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/**
 * Takes in every tab that says hello, each over a channel of its own, until the tab is gone or the result is called. A tab of
 * an older build is sent away; for one of a newer build this leader has to go.
 */
function receiveTabs(server: StorageServer, places: Places, database: string, onNewer: () => void): () => void {
  const tabs = new Map<string, { readonly channel: Channel; readonly dismiss: () => void }>();
  const hub = openChannel(places.hub);

  function welcome(name: string, life: string): void {
    const known = tabs.get(life);
    if (known?.channel.name !== name) {
      known?.dismiss();
      takeIn(name, life);
    }
    tabs.get(life)?.channel.postMessage({ welcome: database } satisfies Welcome);
  }

  function takeIn(name: string, life: string): void {
    const channel = openChannel(name);
    const disconnect = server.connect(channel);
    const stopWaiting = whenReleased(life, dismiss);
    tabs.set(life, { channel, dismiss });

    function dismiss(): void {
      stopWaiting();
      disconnect();
      channel.close();
      tabs.delete(life);
    }
  }

  function sendAway(name: string): void {
    const channel = openChannel(name);
    channel.postMessage({ outdated: true } satisfies Welcome);
    channel.close();
  }

  hub.addEventListener("message", ({ data }) => {
    const hail = data as Hail;
    if (!("hello" in hail)) return;
    if (isNewer(hail.versions, OURS)) onNewer();
    else if (isNewer(OURS, hail.versions)) sendAway(hail.hello);
    else welcome(hail.hello, hail.life);
  });
  // Hellos from before were not heard: who hears this says hello again.
  hub.postMessage({ leader: OURS } satisfies Hail);

  return () => {
    hub.close();
    for (const { dismiss } of [...tabs.values()]) dismiss();
  };
}

async function refuseWithoutFiles(): Promise<void> {
  try {
    await navigator.storage.getDirectory();
  } catch (error) {
    throw new EventStoreError(
      "storage-unavailable",
      `this browser gives the page no files of its own, as in a private window: ${String(error)}`,
      { reason: "no-files" },
      error,
    );
  }
  if ("createSyncAccessHandle" in FileSystemFileHandle.prototype) return;
  throw new EventStoreError(
    "storage-unavailable",
    "this browser is too old: its private files cannot be used synchronously",
    { reason: "no-sync-access" },
  );
}
