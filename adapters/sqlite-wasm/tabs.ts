import type { Endpoint, EventStoreError } from "../../src/adapter.ts";
import { openChannel, WELCOME, type Channel, type Hail } from "./channel.ts";
import { holdLock } from "./locks.ts";
import { placesOf } from "./places.ts";
import { startWorker } from "./worker-handle.ts";

/** When to say hello again, in milliseconds: at first soon, then ever more rarely. */
const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 1_000;

export interface JoinOptions {
  readonly name: string;
  readonly durability: "full" | "normal";
  readonly makeWorker: () => Worker;
  /** Where to ask from now on: this tab's own worker, or the leader in another tab. */
  readonly onConnect: (endpoint: Endpoint, role: "leader" | "follower") => void;
  /** This tab's worker cannot work: without it the tab could not take over. */
  readonly onFailure: (error: EventStoreError) => void;
  /** This tab's worker has gone, unasked: leave, and join again. */
  readonly onWorkerLost: () => void;
}

/** A tab's place among those that have the same store open. */
export interface Membership {
  /** Lets go of everything, in good order. */
  leave(): Promise<void>;
  /** Lets go of everything at once. */
  drop(): void;
}

/**
 * Joins the tabs that have a store open. Each tab's worker waits for the lock of the store; the one that gets it is the
 * leader, and serves the others over a private channel each. Whoever looks for the leader says hello on the hub until it is
 * welcomed; a new leader tells so there, because hellos from before it listened were not heard. A private channel has a
 * name of its own each time, so that nothing that an earlier leader said can be mistaken.
 */
export function joinTabs(options: JoinOptions): Membership {
  const places = placesOf(options.name);
  const id = crypto.randomUUID();
  const life = holdLock(places.life(id));
  const hub = openChannel(places.hub);
  let leading = false;
  let left = false;
  let channel: Channel | undefined;
  let channels = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const worker = startWorker({
    make: options.makeWorker,
    start: { name: options.name, durability: options.durability, life: places.life(`${id}/worker`) },
    onLeading(endpoint) {
      leading = true;
      stopSeeking();
      options.onConnect(endpoint, "leader");
    },
    onFailure: options.onFailure,
    onLost: options.onWorkerLost,
  });

  hub.addEventListener("message", ({ data }) => {
    if ("leader" in (data as Hail) && !leading) void seek();
  });
  void seek();

  /** Looks for the leader, whoever it is now. */
  async function seek(): Promise<void> {
    stopSeeking();
    const mine = openChannel(`${places.hub}/${id}/${++channels}`);
    channel = mine;
    const hear = ({ data }: { readonly data: unknown }): void => {
      if (data !== WELCOME) return;
      clearTimeout(timer);
      mine.removeEventListener("message", hear);
      options.onConnect(mine, "follower");
    };
    mine.addEventListener("message", hear);
    // The leader takes this tab for dead as soon as it gets this lock.
    await life.held;
    if (channel === mine) hail(mine.name, FIRST_PAUSE);
  }

  function hail(name: string, pause: number): void {
    hub.postMessage({ hello: name, life: places.life(id) } satisfies Hail);
    timer = setTimeout(() => hail(name, Math.min(LONGEST_PAUSE, pause * 2)), pause);
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
