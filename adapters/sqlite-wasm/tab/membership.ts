import type { Endpoint, EventStoreError } from "../../../src/adapter.ts";
import { blocked } from "../shared/blocked.ts";
import { openChannel, type Channel, type Hail, type Welcome } from "../shared/channel.ts";
import { holdLock } from "../shared/locks.ts";
import type { DatabaseOptions } from "../shared/messages.ts";
import { resourceNames } from "../shared/resource-names.ts";
import { clientOutdated, isNewer, OURS } from "../shared/versions.ts";
import { keepWorker } from "./lasting-worker.ts";
import type { WorkerFiles } from "./worker-files.ts";
import { setTimeout, clearTimeout } from "../shared/timers.ts";

/** The pauses before a tab says hello again, in milliseconds: short at first, then growing. */
const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 1_000;

export interface JoinOptions {
  readonly name: string;
  readonly start: DatabaseOptions;
  readonly files: WorkerFiles;
  /**
   * Calls go to this endpoint from now on: this tab's own worker, or the leader in another tab. `database` is the
   * identity of its database.
   */
  readonly onConnect: (endpoint: Endpoint, role: "leader" | "follower", database: string) => void;
  /** The database was replaced or removed; only the one of this identity, if one is given. */
  readonly onReplaced: (database?: string) => void;
  /** The leader, in another tab, gave a sign of life. */
  readonly onAlive: () => void;
  /** This tab's worker cannot work, so this tab could not take over; or another tab's build is newer. */
  readonly onFailure: (error: EventStoreError) => void;
  /** This tab's worker ended by itself or could not be loaded, and no tab has the database open. */
  readonly onAlone: (error: EventStoreError) => void;
}

/** A tab's membership among the tabs that have the same store open. */
export interface Membership {
  /** Releases everything after closing it properly. */
  leave(): Promise<void>;
  /** Releases everything at once. */
  drop(): void;
  /** Asks the leader for a sign of life. Returns false if the leader is this tab. */
  ask(): boolean;
  /** Starts another worker now if this tab has none. */
  retry(): void;
}

/**
 * Joins the tabs that have a store open. Each tab's worker waits for the store's lock; the worker that gets it is the
 * leader, and serves every other tab over a private channel. A tab that looks for the leader says hello on the hub
 * until it is welcomed. A new leader announces itself there, because it did not hear earlier hellos. Each private
 * channel has a new name, so that no message of an earlier leader can be mistaken for an answer.
 */
export function joinTabs(options: JoinOptions): Membership {
  const names = resourceNames(options.name);
  const id = crypto.randomUUID();
  const life = holdLock(names.life(id));
  const hub = openChannel(names.hub);
  let leading = false;
  let left = false;
  let channel: Channel | undefined;
  let channels = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const worker = keepWorker({
    files: options.files,
    leader: names.leader,
    start: { ...options.start, name: options.name, life: names.life(`${id}/worker`) },
    onLeading(endpoint, database) {
      leading = true;
      stopSeeking();
      options.onConnect(endpoint, "leader", database);
    },
    onFailure: options.onFailure,
    onGone() {
      if (leading) void seek();
      leading = false;
    },
    onAlone: options.onAlone,
  });

  hub.addEventListener("message", ({ data }) => {
    const said = data as Hail;
    if ("replaced" in said) options.onReplaced();
    if ("deleted" in said) options.onReplaced(said.deleted);
    if ("alive" in said) options.onAlive();
    if ("waiting" in said && leading) hub.postMessage({ alive: true } satisfies Hail);
    if (!("leader" in said) || leading) return;
    if (isNewer(said.leader, OURS)) options.onFailure(clientOutdated());
    else void seek();
  });
  void seek();

  /** Looks for the current leader. */
  async function seek(): Promise<void> {
    stopSeeking();
    const mine = openChannel(`${names.hub}/${id}/${++channels}`);
    channel = mine;
    const hear = ({ data }: { readonly data: unknown }): void => {
      clearTimeout(timer);
      mine.removeEventListener("message", hear);
      const first = data as Welcome;
      if ("outdated" in first) options.onFailure(clientOutdated());
      else options.onConnect(mine, "follower", first.welcome);
    };
    mine.addEventListener("message", hear);
    // When the leader gets this lock, it considers this tab dead.
    try {
      await life.held;
    } catch (error) {
      return options.onFailure(blocked(error));
    }
    if (channel === mine) sayHello(mine.name, FIRST_PAUSE);
  }

  function sayHello(name: string, pause: number): void {
    hub.postMessage({ hello: name, life: names.life(id), versions: OURS } satisfies Hail);
    timer = setTimeout(() => sayHello(name, Math.min(LONGEST_PAUSE, pause * 2)), pause);
  }

  function stopSeeking(): void {
    clearTimeout(timer);
    channel?.close();
    channel = undefined;
  }

  function forget(): void {
    left = true;
    stopSeeking();
    hub.close();
    life.release();
  }

  return {
    retry: worker.retry,
    ask() {
      if (!leading) hub.postMessage({ waiting: true } satisfies Hail);
      return !leading;
    },
    async leave() {
      if (left) return;
      forget();
      await worker.close();
    },
    drop() {
      if (left) return;
      forget();
      worker.terminate();
    },
  };
}
