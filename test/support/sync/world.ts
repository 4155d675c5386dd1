import { memory, openEventStore, type EventStore, type StoredEvent } from "rivulet";
import { wrapVerbs, type Enqueue, type EventStorage } from "rivulet/adapter";
import type { PendingEvent, Replica } from "rivulet/sync";
import { contextOf } from "../../../dist/src/sync/context-of.js";
import { createHubCore } from "../../../dist/src/sync/hub/hub.js";
import type { HubRules } from "../../../dist/src/sync/hub/hub-options.js";
import { queries, speaking, verbs } from "../../../dist/src/sync/replica/parts.js";
import { startReplica } from "../../../dist/src/sync/replica/replica.js";
import { randomFrom, type Random } from "../random.ts";
import { account, bank, type Account, type BankCommand, type BankEvent } from "./bank.ts";
import { createTransport, FINE, type RunningHub, type Weather } from "./network.ts";
import { createLocks, startProcess, type Chaos, type Locks, type Process } from "./process.ts";
import { openInMemory, type CopiedDatabase } from "./sqlite-in-memory.ts";
import { createVirtualTime, type VirtualTime } from "./virtual-time.ts";
import type { Faults } from "./faults.ts";

export const STREAMS = ["account-1", "account-2", "list-a", "list-b"];

/** What a device follows at first. */
const FOLLOWED = [
  { kind: "prefix", name: "account-" },
  { kind: "stream", name: "list-a" },
] as const;

/** A command or an append that a device has accepted: it was told that this is durable. */
export interface Accepted {
  readonly device: number;
  readonly label: string;
  readonly stream: string;
  readonly id: string;
  /** Whether it may lead to nothing at the hub. */
  readonly mayBeNothing: boolean;
  /** What its promise of confirmation has said, as far as its tab lived to hear it. */
  said?: "confirmed" | "rejected";
}

/** What a watch has given so far: every confirmed event, and what is pending now. */
interface Watched {
  readonly confirmed: StoredEvent[];
  pending: readonly PendingEvent[];
  error?: unknown;
}

interface Tab {
  readonly process: Process;
  replica: Replica | undefined;
}

export interface Device {
  readonly number: number;
  readonly storage: EventStorage;
  readonly locks: Locks;
  readonly tabs: (Tab | undefined)[];
  readonly forbidden: Set<string>;
  /** By how much its clock is wrong, in milliseconds. */
  readonly skew: number;
  /** Sees the same storage without any disturbance. */
  readonly observer: {
    readonly store: EventStore;
    readonly replica: Replica;
    /** By stream: what a live projection shows. */
    readonly live: Readonly<
      Record<string, { readonly state: Account; readonly pending: number; readonly error: unknown }>
    >;
    /** What a live projection of all followed streams shows. */
    readonly all: { readonly state: Account; readonly pending: number; readonly error: unknown };
    /** By stream: what a watch has given. */
    readonly watched: Readonly<Record<string, Watched>>;
  };
  /** Streams that it has unfollowed at some time: what was pending for them was discarded. */
  readonly left: Set<string>;
  readonly follows: { kind: "stream" | "prefix"; name: string }[];
  offline: boolean;
  /** The ids of what its outbox has taken, in that order. */
  readonly queued: string[];
}

export interface World {
  readonly time: VirtualTime;
  readonly devices: readonly Device[];
  readonly accepted: readonly Accepted[];
  /** The versions that appends have expected, by their labels. */
  readonly expected: ReadonlyMap<string, number>;
  /** Labels of everything that was asked for, accepted or not. */
  readonly asked: ReadonlySet<string>;
  weather: Weather;
  chaos: Chaos;
  /** Streams that some device might not follow for a time. */
  readonly withheld: Set<string>;
  /** How often the hub was restored from a copy. */
  restored: number;
  openTab(device: Device, number: number): Promise<void>;
  startHub(): Promise<void>;
  killHub(): void;
  backUp(): void;
  /** Puts the copy in the place of the hub's database. */
  restore(): Promise<void>;
  command(device: Device, tab: number, stream: string, command: BankCommand): void;
  append(device: Device, tab: number, stream: string, label: string, expectedVersion: number | "any"): void;
  /** Executes a command at the hub, by another process of the same database that is never disturbed. */
  atHub(stream: string, command: BankCommand): void;
  eventsAtHub(stream?: string): Promise<StoredEvent<BankEvent>[]>;
  /** What the hub keeps under the id of a command or an append. */
  resultAtHub(id: string): Promise<string | null>;
}

export interface WorldOptions {
  readonly seed: number;
  readonly devices: number;
  readonly tabs: number;
  readonly onSqlite: boolean;
  readonly faults?: Faults;
  /** Opens the hub's database; default: in memory, or on SQLite. It may be in another process. */
  readonly openHub?: (() => Promise<EventStorage>) | undefined;
}

const CALM: Chaos = { deaths: 0, delays: 0 };

export async function createWorld(options: WorldOptions): Promise<World> {
  const { seed, devices: count, tabs, onSqlite, faults = {}, openHub } = options;
  // Loading code is asynchronous in real time.
  await Promise.all([queries(), speaking(), verbs()]);
  const random: Random = randomFrom(seed);
  const calls = { open: 0 };
  const time = createVirtualTime(random, async () => {
    // Nothing is asynchronous but calls of a database that is elsewhere.
    do await new Promise(setImmediate);
    while (calls.open > 0);
  });
  const accepted: Accepted[] = [];
  const asked = new Set<string>();
  const expected = new Map<string, number>();
  /** What the hub has kept, also after it has forgotten it. */
  const results = new Map<string, string>();
  let ids = 0;
  let database = await openDatabase();
  let backup: Buffer | undefined;
  let hub: RunningHub | undefined;
  let starting = 0;

  async function openDatabase(from?: Buffer): Promise<CopiedDatabase> {
    if (openHub !== undefined) return { storage: counting(await openHub(), calls), copy: () => Buffer.alloc(0) };
    if (onSqlite) return openInMemory(from);
    const { storage } = await memory().open();
    return { storage, copy: () => Buffer.alloc(0) };
  }

  const rules: HubRules<string> = {
    deciders: { bank },
    mayAppend: () => true,
    mayFollow: (client, stream) => world.devices[Number(client)]?.forbidden.has(stream) !== true,
  };

  async function startHub(): Promise<void> {
    if (hub?.process.alive === true) return;
    const turn = ++starting;
    const storage = notingResults(faults.hubStorage?.(database.storage) ?? database.storage, results);
    const process = await startProcess({
      storage,
      time,
      random,
      chaos: () => world.chaos,
      clock: () => 1_000_000 + time.now,
      newId: () => `hub-${++ids}`,
      onDeath: () => undefined,
      locks: createLocks(),
    });
    if (turn !== starting) return process.kill();
    const context = contextOf(process.store);
    const core = createHubCore(context, rules, { heartbeat: 5_000, horizon: 60_000 }, (duration, signal) =>
      process.wait(duration, signal),
    );
    hub = { core: faults.hub?.(core) ?? core, process };
  }

  const world: World = {
    time,
    devices: [],
    accepted,
    expected,
    asked,
    weather: FINE,
    chaos: CALM,
    withheld: new Set(),
    restored: 0,
    startHub,
    killHub: () => hub?.process.kill(),
    backUp: () => void (backup = onSqlite ? database.copy() : undefined),
    async restore() {
      if (backup === undefined) return;
      hub?.process.kill();
      database = await openDatabase(backup);
      world.restored += 1;
      await startHub();
    },
    async openTab(device, number) {
      if (device.tabs[number]?.process.alive === true) return;
      const storage = faults.deviceStorage?.(device.storage) ?? device.storage;
      const process = await startProcess({
        storage,
        time,
        random,
        chaos: () => world.chaos,
        clock: () => 1_000_000 + device.skew + time.now,
        newId: () => `device-${device.number}-${++ids}`,
        onDeath: () => device.locks.look(),
        locks: device.locks,
      });
      const tab: Tab = { process, replica: undefined };
      device.tabs[number] = tab;
      const transport = createTransport({
        time,
        random,
        weather: () => world.weather,
        hub: () => hub,
        offline: () => device.offline,
        client: `${device.number}`,
        process,
      });
      // Not awaited: the process may die before.
      const begun = startReplica(contextOf(process.store), {
        transport: faults.transport?.(transport, device.storage) ?? transport,
        timing: {
          wait: (duration, signal) => process.wait(duration, signal),
          random: () => random.below(1_000) / 1_000,
        },
        items: device.follows,
        deciders: { bank },
        most: 1_000,
        patience: 20_000,
        near: 6,
      });
      begun.then((replica) => (tab.replica = replica), failRun);
    },
    command(device, tab, stream, command) {
      const replica = device.tabs[tab]?.replica;
      if (replica === undefined) return;
      const { label } = command;
      asked.add(label);
      void replica
        .stream(stream)
        .execute("bank", command, { key: label })
        .then(
          ({ id, events, confirmed }) => {
            const mayBeNothing = command.do === "empty";
            if (events.length > 0) accept({ device: device.number, label, stream, id, mayBeNothing }, confirmed);
          },
          () => undefined,
        );
    },
    append(device, tab, stream, label, expectedVersion) {
      const replica = device.tabs[tab]?.replica;
      if (replica === undefined) return;
      asked.add(label);
      if (expectedVersion !== "any") expected.set(label, expectedVersion);
      void replica
        .stream<BankEvent>(stream)
        .append({ type: "noted", id: `id-${label}`, data: { label } }, { key: label, expectedVersion })
        .then(
          ({ id, confirmed }) => accept({ device: device.number, label, stream, id, mayBeNothing: false }, confirmed),
          () => undefined,
        );
    },
    atHub(stream, command) {
      void lookAt(database.storage, () => 1_000_000 + time.now)
        .then((store) => store.stream<BankEvent>(stream).execute(bank, command, { idempotencyKey: command.label }))
        .catch(() => undefined);
    },
    async eventsAtHub(stream) {
      const store = await lookAt(database.storage);
      const events = stream === undefined ? store.read() : store.stream(stream).read();
      return (await events.toArray()) as StoredEvent<BankEvent>[];
    },
    resultAtHub: async (id) => (await database.storage.sync?.loadResult(id)) ?? results.get(id) ?? null,
  };

  /** Starting a replica never rejects, whatever becomes of its process. */
  function failRun(error: unknown): void {
    setImmediate(() => {
      throw error;
    });
  }

  function accept(one: Accepted, confirmed: Promise<unknown>): void {
    accepted.push(one);
    confirmed.then(
      () => (one.said = "confirmed"),
      (error: { readonly code?: string }) => {
        if (error.code === "entry-rejected") one.said = "rejected";
      },
    );
  }

  await startHub();
  for (let number = 0; number < count; number++) {
    (world.devices as Device[]).push(await createDevice(number));
  }
  for (const device of world.devices) {
    for (let tab = 0; tab < tabs; tab++) await world.openTab(device, tab);
  }
  return world;

  async function createDevice(number: number): Promise<Device> {
    const queued: string[] = [];
    const opened = onSqlite && number % 2 === 0 ? await openInMemory() : await memory().open();
    const storage = noting(opened.storage, queued);
    const store = await lookAt({ ...storage, lock: () => new Promise<never>(() => undefined) });
    const follows = [...FOLLOWED];
    const replica = await startReplica(contextOf(store), {
      transport: { push: () => Promise.reject(new Error("no")), pull: () => (async function* () {})() },
      timing: { wait: () => new Promise<never>(() => undefined), random: () => 0 },
      items: follows,
      deciders: { bank },
      most: 1_000,
      patience: 1,
    });
    const live = Object.fromEntries(STREAMS.map((name) => [name, replica.stream(name).project(account)]));
    const watched = Object.fromEntries(STREAMS.map((name) => [name, watchOf(replica, name)]));
    return {
      number,
      storage,
      locks: createLocks(),
      tabs: [],
      forbidden: new Set(),
      skew: (random.below(3) - 1) * 40_000,
      observer: { store, replica, live, all: replica.project(account), watched },
      left: new Set(),
      follows,
      offline: false,
      queued,
    };
  }
}

function watchOf(replica: Replica, stream: string): Watched {
  const seen: Watched = { confirmed: [], pending: [] };
  const watch = async (): Promise<void> => {
    for await (const { confirmed, pending } of replica.stream(stream).watch()) {
      seen.confirmed.push(...confirmed);
      seen.pending = pending;
    }
  };
  watch().catch((error: unknown) => (seen.error = error));
  return seen;
}

/** Opens a store over a storage without any disturbance. */
function lookAt(storage: EventStorage, clock?: () => number): Promise<EventStore> {
  const lasting = { ...storage, close: () => Promise.resolve() };
  return openEventStore({ name: "look", open: async () => ({ storage: lasting, verbs: {} }) }, { clock });
}

/** Counts the calls that have no answer yet. */
function counting(storage: EventStorage, calls: { open: number }): EventStorage {
  return wrapVerbs(storage, (verb) => async (argument) => {
    calls.open += 1;
    try {
      return await verb(argument);
    } finally {
      calls.open -= 1;
    }
  });
}

/** Notes what a hub keeps under the keys of commands. */
function notingResults(storage: EventStorage, results: Map<string, string>): EventStorage {
  const { sync } = storage;
  if (sync === undefined) return storage;
  const saveResult: typeof sync.saveResult = async (request) => {
    const found = await sync.saveResult(request);
    if ("kept" in found) results.set(request.key, found.kept);
    return found;
  };
  return { ...storage, sync: { ...sync, saveResult } };
}

/** Notes what is put into the outbox. */
function noting(storage: EventStorage, queued: string[]): EventStorage {
  const { sync } = storage;
  if (sync === undefined) return storage;
  const enqueue: typeof sync.enqueue = async (requests) => {
    const outcomes = await sync.enqueue(requests);
    for (const [index, { outcome }] of outcomes.entries())
      if (outcome === "queued") queued.push((requests[index] as Enqueue).entry.id);
    return outcomes;
  };
  return { ...storage, sync: { ...sync, enqueue } };
}
