import { memory, openEventStore, type EventStore } from "rivulet";
import type { Replica } from "rivulet/sync";
import { wrapVerbs, type EventStorage, type SyncStorage } from "rivulet/adapter";
import { onTestFinished } from "vitest";
// Parts below the package's entry points: a transport and a timing by hand.
import { contextOf } from "../../../dist/src/sync/context-of.js";
import { createHubCore, type HubCore } from "../../../dist/src/sync/hub/hub.js";
import type { HubRules } from "../../../dist/src/sync/hub/hub-options.js";
import type { EntryAnswer, PullMessage, PushMessage, Transport } from "../../../dist/src/sync/messages.js";
import { startReplica, type ReplicaParts } from "../../../dist/src/sync/replica/replica.js";
import { realTiming } from "../../../dist/src/sync/timing.js";
import { bank, type BankCommand } from "./bank.ts";
import { createLocks } from "./process.ts";

export const deposit = (label: string, amount = 5): BankCommand => ({ do: "deposit", amount, label });
export const withdraw = (label: string, amount = 5): BankCommand => ({ do: "withdraw", amount, label });

/** What a network does, as the test says. */
interface Weather {
  /** "claims": the answer says that the entries are confirmed, and the hub never gets them. */
  push: "fine" | "fails" | "loses the answer" | "claims";
  lines: "fine" | "fail" | "held" | "malformed";
  mostBytes: number;
  /** How many pushes were tried, and how many the hub has answered. */
  attempts: number;
  pushes: number;
  /** Lets lines pass that are held. */
  release(): void;
  /** Ends the connections that are open. */
  cut(): void;
}

export interface Hub {
  readonly core: HubCore<string>;
  readonly store: EventStore;
}

/** A hub of the bank's accounts in memory. */
export async function startHub(rules: Partial<HubRules<string>> = {}): Promise<Hub> {
  const store = await openEventStore(memory());
  onTestFinished(() => store.close());
  return { store, core: coreOf(store, rules) };
}

/** A hub over a store, as another process of the same database would be. */
export function coreOf(store: EventStore, rules: Partial<HubRules<string>> = {}): HubCore<string> {
  const all: HubRules<string> = { deciders: { bank }, mayAppend: () => true, ...rules };
  return createHubCore(contextOf(store), all, { heartbeat: 50 }, realTiming.wait);
}

export interface DeviceOptions {
  readonly weather?: Partial<Pick<Weather, "push" | "lines">>;
  readonly most?: number;
  /** Pauses after a failure end only when something hurries. */
  readonly endlessPauses?: boolean;
  /** What it follows, and what the application is told. */
  readonly parts?: Partial<Pick<ReplicaParts, "items" | "onRejected" | "onConflict" | "onProgress">>;
  /** Changes what the device stores with, for example to fail. */
  readonly storage?: (storage: EventStorage) => EventStorage;
}

export interface Device {
  readonly replica: Replica;
  readonly store: EventStore;
  readonly weather: Weather;
  /** What was asked in pulls, and the labels or ids that were pushed, in order. */
  readonly pulled: readonly PullMessage[];
  readonly pushed: readonly PushMessage["entries"][];
  /** Moves it to another hub. */
  connect(core: HubCore<string>): void;
  /** Opens another client of the same database, as another tab would. */
  open(): Promise<{ readonly replica: Replica; readonly store: EventStore; kill(): void }>;
}

const NEVER = new Promise<never>(() => undefined);

/** A device that follows the accounts, over a network that the test rules. */
export async function startDevice(hub: HubCore<string>, options: DeviceOptions = {}): Promise<Device> {
  const { most = 100, endlessPauses = false } = options;
  let core = hub;
  let connection = new AbortController();
  const held: (() => void)[] = [];
  const pulled: PullMessage[] = [];
  const pushed: PushMessage["entries"][] = [];
  const weather: Weather = {
    push: "fine",
    lines: "fine",
    mostBytes: Infinity,
    attempts: 0,
    pushes: 0,
    release() {
      weather.lines = "fine";
      held.splice(0).forEach((pass) => pass());
    },
    cut() {
      connection.abort(new Error("the connection is cut"));
      connection = new AbortController();
    },
    ...options.weather,
  };
  const opened = await memory().open();
  const storage = options.storage?.(opened.storage) ?? opened.storage;
  const locks = createLocks();

  const transport: Transport = {
    async push(message) {
      weather.attempts += 1;
      if (weather.push === "fails") throw new Error("no network");
      if (JSON.stringify(message).length > weather.mostBytes) throw tooLarge();
      pushed.push(message.entries);
      if (weather.push === "claims") return { answers: message.entries.map((): EntryAnswer => CLAIM) };
      const answer = await core.push("ada", structuredClone(message));
      weather.pushes += 1;
      if (weather.push === "loses the answer") throw new Error("the answer is lost");
      return answer;
    },
    async *pull(message, signal) {
      pulled.push(message);
      if (weather.lines === "fail") throw new Error("no network");
      const own = new AbortController();
      const ends = AbortSignal.any([connection.signal, own.signal]);
      signal.addEventListener("abort", () => own.abort(signal.reason), { once: true });
      const cut = new Promise<never>((_resolve, reject) =>
        ends.addEventListener("abort", () => reject(ends.reason as Error), { once: true }),
      );
      cut.catch(() => undefined);
      const lines = core.pull("ada", structuredClone(message), ends);
      try {
        for (;;) {
          const { done, value } = await Promise.race([lines.next(), cut]);
          if (done === true) return;
          if (weather.lines === "held") await Promise.race([new Promise<void>((pass) => held.push(pass)), cut]);
          yield weather.lines === "malformed" ? { ...value, events: [[1, "account-1"]] } : value;
        }
      } finally {
        void lines.return(undefined).catch(() => undefined);
      }
    },
  };

  async function open(): Promise<{ replica: Replica; store: EventStore; kill: () => void }> {
    let alive = true;
    const gated = wrapVerbs(storage, (verb) => async (argument) => {
      if (!alive) return NEVER;
      const answer = await verb(structuredClone(argument));
      return alive ? answer : NEVER;
    });
    const store = await openEventStore({
      name: "device",
      open: async () => ({
        storage: {
          ...gated,
          onChange: (listener, onEnd) => storage.onChange((news) => alive && listener(news), onEnd),
          lock: async (_name, signal) => {
            const release = await locks.take(() => alive, signal);
            return { held: true, release };
          },
          close: () => Promise.resolve(),
        },
        verbs: {},
      }),
    });
    const alone: Transport = {
      push: (message, signal) => (alive ? transport.push(message, signal) : NEVER),
      pull: (message, signal) => transport.pull(message, signal),
    };
    const replica = await startReplica(contextOf(store), {
      transport: alone,
      timing: {
        random: () => 0,
        // The pauses after failures are the short ones.
        wait: (duration, signal) => realTiming.wait(endlessPauses && duration < 10_000 ? 1 << 30 : duration, signal),
      },
      items: [{ kind: "prefix", name: "account-" }],
      deciders: { bank },
      most,
      patience: 60_000,
      ...options.parts,
    });
    onTestFinished(async () => {
      if (!alive) return;
      await replica.close();
      await store.close();
    });
    const kill = (): void => {
      alive = false;
      locks.look();
    };
    return { replica, store, kill };
  }

  const first = await open();
  return {
    ...first,
    weather,
    pulled,
    pushed,
    connect(next) {
      core = next;
      weather.cut();
    },
    open,
  };
}

/** A storage with parts of its sync verbs changed. */
export function withSync(change: (sync: SyncStorage) => Partial<SyncStorage>): (storage: EventStorage) => EventStorage {
  return (storage) =>
    storage.sync === undefined ? storage : { ...storage, sync: { ...storage.sync, ...change(storage.sync) } };
}

const CLAIM: EntryAnswer = { outcome: "confirmed", position: 1_000 };

function tooLarge(): Error {
  const details = { id: "", reason: "too-large" };
  return Object.assign(new Error("too large"), { name: "EventStoreError", code: "entry-rejected", details });
}
