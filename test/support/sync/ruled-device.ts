import { memory, openEventStore, type EventStore } from "rivulet";
import type { EventStorage } from "rivulet/adapter";
import type { Replica } from "rivulet/sync";
import { onTestFinished } from "vitest";
import { contextOf } from "../../../dist/src/sync/context-of.js";
import type { HubCore } from "../../../dist/src/sync/hub/hub.js";
import type { Transport } from "../../../dist/src/sync/messages.js";
import { startReplica, type ReplicaParts } from "../../../dist/src/sync/replica/replica.js";
import { bank } from "./bank.ts";

/** The waits of a replica, which end only when the test lets them. */
interface RuledWaits {
  /** Ends the waits of so many milliseconds that go on now. */
  end(duration: number): void;
  /** How many waits go on that are longer than that, and shorter than the renewal of a lease: pauses after failures. */
  readonly pauses: number;
}

/** A device whose time and lease the test rules. */
export interface RuledDevice {
  readonly replica: Replica;
  readonly store: EventStore;
  readonly waits: RuledWaits;
  /** Lets it have the lease, or takes the lease from it. */
  lease(held: boolean): void;
}

export const RENEWAL = 10_000;
export const PATIENCE = 60_000;

export interface RuledOptions {
  readonly transport?: (sound: Transport) => Transport;
  readonly storage?: (storage: EventStorage) => EventStorage;
  readonly parts?: Partial<ReplicaParts>;
}

export async function startRuledDevice(core: HubCore<string>, options: RuledOptions = {}): Promise<RuledDevice> {
  const sound: Transport = {
    push: (message) => core.push("ada", structuredClone(message)),
    pull: (message, signal) => core.pull("ada", structuredClone(message), signal),
  };
  const going = new Set<{ readonly duration: number; end(): void }>();
  const lock = { held: false };
  let grant: (() => void) | undefined;
  const opened = await memory().open();
  const storage: EventStorage = {
    ...(options.storage?.(opened.storage) ?? opened.storage),
    async lock(_name, signal) {
      await new Promise<void>((resolve, reject) => {
        grant = resolve;
        signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
        if (lock.held) resolve();
      });
      return {
        get held() {
          return lock.held;
        },
        release: () => undefined,
      };
    },
  };
  const store = await openEventStore({ name: "ruled", open: async () => ({ storage, verbs: {} }) });
  const replica = await startReplica(contextOf(store), {
    transport: options.transport?.(sound) ?? sound,
    timing: {
      random: () => 0,
      wait: (duration, signal) =>
        new Promise((resolve, reject) => {
          const one = { duration, end: resolve };
          going.add(one);
          if (signal.aborted) return reject(signal.reason);
          signal.addEventListener("abort", () => {
            going.delete(one);
            reject(signal.reason);
          });
        }),
    },
    items: [{ kind: "prefix", name: "account-" }],
    deciders: { bank },
    most: 100,
    patience: PATIENCE,
    ...options.parts,
  });
  onTestFinished(async () => {
    await replica.close();
    await store.close();
  });
  return {
    replica,
    store,
    waits: {
      end(duration) {
        for (const one of [...going]) if (one.duration === duration && going.delete(one)) one.end();
      },
      get pauses() {
        return [...going].filter(({ duration }) => duration < RENEWAL).length;
      },
    },
    lease(held) {
      lock.held = held;
      if (held) grant?.();
    },
  };
}

/** A gate for the calls of a verb: those after `hold()` wait until `release()`. */
export function createHold(): {
  readonly waiting: number;
  hold(calls?: number): void;
  release(): void;
  pass(): Promise<void>;
} {
  let left = 0;
  const waiting: (() => void)[] = [];
  return {
    get waiting() {
      return waiting.length;
    },
    hold: (calls = Infinity) => void (left = calls),
    release() {
      left = 0;
      waiting.splice(0).forEach((go) => go());
    },
    async pass() {
      if (left === 0) return;
      left -= 1;
      await new Promise<void>((go) => waiting.push(go));
    },
  };
}
