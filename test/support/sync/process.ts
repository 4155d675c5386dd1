import { openEventStore, type AbortSignalLike, type EventStore } from "rivulet";
import { wrapVerbs, type EventStorage } from "rivulet/adapter";
import type { Random } from "../random.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** A process of the simulation: what it has in memory dies with it, its storage survives. */
export interface Process {
  readonly store: EventStore;
  readonly alive: boolean;
  /** Ends it between two of its steps: nothing that it awaits ever comes. */
  kill(): void;
  /** Waits as long as the process lives; what is awaited by a dead one never comes. */
  wait(milliseconds: number, signal: AbortSignalLike): Promise<void>;
}

/** How a process is disturbed. */
export interface Chaos {
  /** In how many of a thousand calls of the storage the process dies, before the call or after it. */
  readonly deaths: number;
  /** In how many of a hundred calls others go first. */
  readonly delays: number;
}

const NEVER = new Promise<never>(() => undefined);

/** A lock that passes on when its holder releases it or has died. */
export interface Locks {
  take(alive: () => boolean, signal?: AbortSignalLike): Promise<() => void>;
  /** Passes it on if its holder has died. */
  look(): void;
}

export function createLocks(): Locks {
  const waiting: { readonly alive: () => boolean; readonly signal: AbortSignalLike | undefined; take(): void }[] = [];
  let holder: { readonly alive: () => boolean } | undefined;

  function look(): void {
    if (holder?.alive() === true) return;
    holder = undefined;
    const next = waiting.shift();
    if (next === undefined) return;
    if (next.alive() && next.signal?.aborted !== true) next.take();
    else look();
  }

  return {
    take: (alive, signal) =>
      new Promise((resolve, reject) => {
        signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
        const take = (): void => {
          const own = { alive };
          holder = own;
          resolve(() => {
            if (holder !== own) return;
            holder = undefined;
            look();
          });
        };
        waiting.push({ alive, signal, take });
        look();
      }),
    look,
  };
}

export interface ProcessOptions {
  readonly storage: EventStorage;
  readonly time: VirtualTime;
  readonly random: Random;
  readonly chaos: () => Chaos;
  readonly clock: () => number;
  readonly newId: () => string;
  readonly onDeath: () => void;
  readonly locks: Locks;
}

export async function startProcess(options: ProcessOptions): Promise<Process> {
  const { storage, time, random, chaos, clock, newId, onDeath, locks } = options;
  let alive = true;

  function kill(): void {
    if (!alive) return;
    alive = false;
    onDeath();
  }

  const gated = wrapVerbs(storage, (verb) => async (argument) => {
    const { deaths, delays } = chaos();
    const fate = random.below(2_000);
    if (random.below(100) < delays) await time.wait(random.below(20));
    if (alive && fate < deaths) kill();
    if (!alive) return NEVER;
    // Nothing is shared between a process and its storage.
    const answer = await verb(structuredClone(argument)).then(
      (value) => ({ value: structuredClone(value) }),
      (error: unknown) => ({ error }),
    );
    if (alive && fate >= 1_000 && fate < 1_000 + deaths) kill();
    if (!alive) return NEVER;
    if ("error" in answer) throw answer.error;
    return answer.value;
  });
  const listening = new Set<() => void>();
  const store = await openEventStore(
    {
      name: "simulated",
      open: async () => ({
        storage: {
          ...gated,
          onChange: (listener, onEnd) => {
            const stop = storage.onChange((news) => alive && listener(news), onEnd);
            listening.add(stop);
            return stop;
          },
          lock: async (_name, signal) => {
            const release = await locks.take(() => alive, signal);
            return { held: true, release };
          },
          close: () => Promise.resolve(),
        },
        verbs: {},
      }),
    },
    { clock, newId },
  );
  return {
    store,
    get alive() {
      return alive;
    },
    kill() {
      kill();
      for (const stop of listening) stop();
    },
    async wait(milliseconds, signal) {
      await time.wait(milliseconds, signal);
      if (!alive) await NEVER;
    },
  };
}
