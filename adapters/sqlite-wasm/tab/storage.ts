import { createRemoteStorage, EventStoreError, storeClosed, type EventStorage } from "../../../src/adapter.ts";
import { askSafely, blocked } from "../shared/blocked.ts";
import { createHeartbeat, LONGEST_SILENCE } from "./heartbeat.ts";
import { createPageLocks } from "./page-locks.ts";
import { followPage } from "./page.ts";
import { resourceNames } from "../shared/resource-names.ts";
import { joinTabs, type Membership } from "./membership.ts";
import { workerLost } from "./lasting-worker.ts";
import type { WorkerFiles } from "./worker-files.ts";
import { startWorker } from "./worker-handle.ts";
import type { DatabaseOptions } from "../shared/messages.ts";
import { setTimeout, clearTimeout } from "../shared/timers.ts";

/** How long opening may wait for a leader that does not answer, in milliseconds. */
const LONGEST_OPENING = 30_000;

/**
 * How long a worker that ends by itself or cannot be loaded is retried while no other tab has the database open, in
 * milliseconds: until opening fails, and until the pending calls of an open store reject.
 */
const LONGEST_TROUBLE_OPENING = 5_000;
const LONGEST_TROUBLE = 30_000;

/** "leader": the tab whose worker has the database open. "follower": any other tab. */
export type Role = "leader" | "follower";

export interface TabOptions {
  readonly start: DatabaseOptions;
  readonly files: WorkerFiles;
  readonly onRole: (role: Role) => void;
}

/** The storage of a tab: the storage protocol, and the adapter's additional verbs. */
export interface TabStorage extends EventStorage {
  verb(name: string, argument?: unknown): Promise<unknown>;
}

/** Opens a storage that all tabs share under this name. Rejects if it cannot be opened. */
export async function openInTabs(name: string, options: TabOptions): Promise<TabStorage> {
  const remote = createRemoteStorage(undefined, {
    capabilities: ["models", "sync"],
    onWaiting,
    onDue: (due) => heartbeat.await(due),
  });
  const heartbeat = createHeartbeat({
    ask: () => membership?.ask() ?? false,
    onSilence() {
      // Opening has a time limit of its own.
      if (!isOpening) remote.refuse(noAnswer(LONGEST_SILENCE));
    },
  });
  const { alone } = resourceNames(name);
  const locks = createPageLocks(alone);
  let role: Role = "follower";
  let membership: Membership | undefined;
  let database: string | undefined;
  let trouble: EventStoreError | undefined;
  let patience: ReturnType<typeof setTimeout> | undefined;
  let opened = (): void => undefined;
  let failed = (_error: EventStoreError): void => undefined;
  const opening = new Promise<void>((resolve, reject) => {
    opened = resolve;
    failed = reject;
  });
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOpening = true;

  /**
   * Limits the time that opening may take while the page is shown: a frozen page receives no answers, so that time does
   * not count.
   */
  function limitOpening(): void {
    clearTimeout(timer);
    if (isOpening) timer = setTimeout(() => end(noAnswer(LONGEST_OPENING)), LONGEST_OPENING);
  }

  function join(): void {
    try {
      membership ??= enter();
    } catch (error) {
      end(blocked(error));
    }
  }

  function enter(): Membership {
    return joinTabs({
      ...options,
      name,
      onConnect(endpoint, as, found) {
        // This tab missed the announcement, for example because its page was frozen.
        if (database !== undefined && found !== database) return end(storeReplaced());
        database = found;
        if (trouble !== undefined && as === "follower") membership?.retry();
        calm();
        heartbeat.heard();
        remote.reconnect(endpoint);
        if (as !== role) options.onRole((role = as));
        opened();
      },
      onReplaced(which = database) {
        // The announcement is repeated until every tab has released the database. A tab that is still opening never had
        // the old database, and gets the new one.
        if (database !== undefined && which === database) end(storeReplaced());
      },
      onAlive() {
        heartbeat.heard();
        limitOpening();
      },
      onFailure: end,
      onAlone(error) {
        trouble = error;
        if (isOpening) patience ??= setTimeout(() => end(trouble ?? error), LONGEST_TROUBLE_OPENING);
        else remote.disconnect();
      },
    });
  }

  /** A call was made while nobody has the database open: the worker is tried again, and the time limit starts. */
  function onWaiting(): void {
    if (trouble === undefined || patience !== undefined) return;
    membership?.retry();
    patience = setTimeout(() => {
      patience = undefined;
      if (trouble !== undefined) remote.refuse(trouble);
    }, LONGEST_TROUBLE);
  }

  function calm(): void {
    clearTimeout(patience);
    patience = trouble = undefined;
  }

  function leave(): void {
    calm();
    membership?.drop();
    membership = undefined;
  }

  function end(error: EventStoreError): void {
    stopFollowing();
    heartbeat.end();
    leave();
    locks.end(error);
    remote.end(error);
    failed(error);
  }

  const stopFollowing = followPage({
    onHide() {
      clearTimeout(timer);
      leave();
      locks.hide();
    },
    onShow() {
      limitOpening();
      join();
      locks.show();
    },
  });
  limitOpening();
  join();
  heartbeat.await(true);
  try {
    await opening;
  } finally {
    isOpening = false;
    heartbeat.await(false);
    clearTimeout(timer);
  }

  return {
    ...remote,
    lock: locks.lock,
    webLockOf: alone,
    async info() {
      const info = await remote.info();
      const [persisted, { quota, usage }] = await Promise.all([
        askSafely(() => navigator.storage.persisted(), false),
        askSafely(() => navigator.storage.estimate(), {}),
      ]);
      return {
        ...info,
        role,
        persisted,
        ...(quota !== undefined && { quota }),
        ...(usage !== undefined && { usage }),
      };
    },
    async close() {
      stopFollowing();
      heartbeat.end();
      calm();
      locks.end(storeClosed());
      remote.end(storeClosed());
      await membership?.leave();
    },
  };
}

/** Opens a storage in memory, in a worker of this tab alone. */
export async function openInMemory({ start, files }: Omit<TabOptions, "onRole">): Promise<TabStorage> {
  const remote = createRemoteStorage(undefined, { capabilities: ["models", "sync"] });
  const life = `rivulet//life/${createId()}`;
  const worker = await new Promise<{ close(): Promise<void> }>((resolve, reject) => {
    const handle = startWorker({
      files,
      start: { ...start, life },
      onLeading(endpoint) {
        remote.reconnect(endpoint);
        resolve(handle);
      },
      onFailure: reject,
      onLost: () => remote.end(workerLost()),
    });
  });
  return {
    ...remote,
    async close() {
      remote.end(storeClosed());
      await worker.close();
    },
  };
}

/** `crypto.randomUUID` exists only in secure pages. */
function createId(): string {
  return [...crypto.getRandomValues(new Uint32Array(4))].join("-");
}

function storeReplaced(): EventStoreError {
  return new EventStoreError(
    "store-replaced",
    "the database was replaced by an import, destroyed, or deleted by the browser: open the store again",
    {},
  );
}

function noAnswer(time: number): EventStoreError {
  const message = `the tab that has the database open has not answered for ${time} ms: close that tab if it does not continue`;
  return new EventStoreError("storage-unavailable", message, { reason: "no-answer" });
}
