import {
  createStorageServer,
  EventStoreError,
  type Endpoint,
  type StorageServer,
  describe,
} from "../../../src/adapter.ts";
import { blocked, isDenial } from "../shared/blocked.ts";
import { openChannel, type Channel, type Hail, type Welcome } from "../shared/channel.ts";
import { openDatabase, rehearse } from "./database.ts";
import { noSyncAccess } from "./pool.ts";
import type { DatabaseOptions } from "../shared/messages.ts";
import { whenGone } from "../shared/locks.ts";
import { resourceNames, type ResourceNames } from "../shared/resource-names.ts";
import type { Sqlite } from "./sqlite.ts";
import { filesDeleted, watchFiles, type FileLoss, type FileWatch } from "./file-watch.ts";
import { createDefer } from "./defer.ts";
import { clientOutdated, isNewer, OURS } from "../shared/versions.ts";

export interface Candidacy {
  readonly sqlite: Sqlite;
  readonly name: string;
  /** The port on which its own tab's calls arrive. */
  readonly port: Endpoint;
  readonly start: DatabaseOptions;
  /** Aborted when the worker has to release the database. */
  readonly signal: AbortSignal;
  /** Called with the database's identity once the worker is the leader. */
  readonly leading: (database: string) => void;
}

/**
 * Waits for the store's lock, opens the database, then serves every tab until `signal` is aborted. Slow preparations
 * that need no lock are done before, so that the others wait only for the opening.
 */
export async function stand(candidacy: Candidacy): Promise<void> {
  const { name, signal } = candidacy;
  const names = resourceNames(name);
  await refuseWithoutFiles();
  try {
    if (await leadAtOnce(candidacy, names)) return;
    await rehearse(candidacy.sqlite.sqlite3);
    await navigator.locks.request(names.leader, { signal }, () => lead(candidacy, names));
  } catch (error) {
    // Aborted while it waited: there is nothing to release.
    if (error === signal.reason) return;
    // The lock was stolen. Nobody else can open the files before this worker has ended.
    throw isAbort(error) ? leaderLost("its lock was stolen") : error;
  }
}

/**
 * Tries to become the leader at once. Resolves with false if another worker has the database open, which leaves time
 * for preparations.
 */
function leadAtOnce(candidacy: Candidacy, names: ResourceNames): Promise<boolean> {
  return navigator.locks.request(names.leader, { ifAvailable: true }, async (lock) => {
    if (lock !== null) await lead(candidacy, names);
    return lock !== null;
  });
}

async function lead(candidacy: Candidacy, names: ResourceNames): Promise<void> {
  const { sqlite, port, start, signal, leading } = candidacy;
  const { storage, lineage, verbs, close } = await openDatabase(sqlite, names.directory, start);
  const files = await watchFiles(names.directory);
  const server = createStorageServer(files.guard(storage), { defer: createDefer(), verbs, trusted: true });
  const disconnect = server.connect(port);
  const newer = new AbortController();
  const tabs = receiveTabs({ server, names, database: lineage, files, onNewer: () => newer.abort() });
  leading(lineage);
  const loss = await Promise.race([whenAborted(signal), whenAborted(newer.signal), files.lost]);
  if (loss !== undefined) return giveUp(loss);
  // No new calls are accepted; calls without an answer are sent again to the next leader.
  disconnect();
  tabs.dismiss();
  await close();
  if (newer.signal.aborted) throw clientOutdated();

  /**
   * Ends the worker without closing anything properly: its tab terminates it, and with it everything that is still
   * open.
   */
  function giveUp(why: FileLoss): never {
    disconnect();
    if (why === "deleted") tabs.tellDeleted();
    tabs.dismiss();
    throw why === "deleted" ? filesDeleted() : leaderLost("its files cannot be used any more");
  }
}

/** An error for its own tab, which starts another worker in place of this one. */
function leaderLost(why: string): EventStoreError {
  return new EventStoreError("worker-lost", `the worker that had the database open has ended: ${why}`, {});
}

function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

interface Reception {
  readonly server: StorageServer;
  readonly names: ResourceNames;
  readonly database: string;
  readonly files: FileWatch;
  readonly onNewer: () => void;
}

/**
 * Accepts every tab that says hello, each over its own channel, until the tab is gone or the returned function is
 * called. A tab of an older build is refused. For a tab of a newer build, this leader has to end.
 */
function receiveTabs({ server, names, database, files, onNewer }: Reception): {
  /** Tells every client of this database that it was deleted. */
  tellDeleted(): void;
  dismiss(): void;
} {
  let receiving = true;
  const tabs = new Map<string, { readonly channel: Channel; readonly dismiss: () => void }>();
  const hub = openChannel(names.hub);

  /** No new client is connected to deleted files. */
  async function welcome(name: string, life: string): Promise<void> {
    if (!(await files.look()) || !receiving) return;
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
    const stopWaiting = whenGone(life, dismiss);
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
    // A second leader at the same time means that these files are no longer in their folder.
    if ("leader" in hail) void files.look();
    if ("waiting" in hail) hub.postMessage({ alive: true } satisfies Hail);
    if (!("hello" in hail)) return;
    if (isNewer(hail.versions, OURS)) onNewer();
    else if (isNewer(OURS, hail.versions)) sendAway(hail.hello);
    else void welcome(hail.hello, hail.life);
  });
  // Earlier hellos were not heard: tabs that receive this say hello again.
  hub.postMessage({ leader: OURS } satisfies Hail);

  return {
    tellDeleted: () => hub.postMessage({ deleted: database } satisfies Hail),
    dismiss() {
      receiving = false;
      hub.close();
      for (const { dismiss } of [...tabs.values()]) dismiss();
    },
  };
}

function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

async function refuseWithoutFiles(): Promise<void> {
  try {
    await navigator.storage.getDirectory();
  } catch (error) {
    if (isDenial(error)) throw blocked(error);
    // Firefox throws this while it clears the data of this site.
    if (isAbort(error)) throw leaderLost(describe(error));
    throw new EventStoreError(
      "storage-unavailable",
      `this browser provides no private files to this page, as in a private window: ${describe(error)}`,
      { reason: "no-files" },
      error,
    );
  }
  if ("createSyncAccessHandle" in FileSystemFileHandle.prototype) return;
  throw noSyncAccess();
}
