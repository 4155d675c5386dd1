import { memory, openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { defineProjection } from "rivulet/projections";
import { follow, type FollowOptions, type Replica } from "rivulet/sync";
import { createHub } from "rivulet/sync/hub";
import type { Verb } from "../verb-table.ts";
import { balances, everyBalance } from "./balances.ts";
import { bank } from "./bank.ts";

/** Opens a replica that never reaches its hub, with a handle of every kind on it, and a hub. */
export async function openSyncHandles() {
  const store = await openEventStore(betterSqlite3());
  const hub = createHub(await openEventStore(memory()), { authenticate: () => "ada" });
  const replica = await follow(store, FOLLOWING);
  model = await store.readModel(balances);
  return {
    replica,
    "replica.stream": replica.stream("account-1"),
    "replica.live": replica.project(projection),
    hub,
  };
}

interface SyncHandles {
  readonly replica: Replica;
}

const FOLLOWING: FollowOptions = {
  url: "http://hub.test",
  streams: ["account-1"],
  deciders: { bank },
  fetch: () => new Promise<never>(() => undefined),
};

/** Stands for the read model, which exists once the handles are open. */
const MODEL: unknown = {};
let model: unknown;
const projection = defineProjection({ name: "p", initial: () => 0, on: {} });
const noted = { type: "noted", data: { label: "a" } };
const FILTER = ["ids", "types", "streams", "streamPrefix", "metadata"];
const READ = ["after", "upTo", "direction", "limit", "asOf", "signal"];
const options = { options: {} };
const PENDING = { pending: ["true"] } as const;

/** A verb with the kinds of values that each of its options takes, besides undefined. */
export interface SyncVerb extends Verb {
  readonly takes?: Readonly<Record<string, readonly string[]>>;
  /** The argument whose options these are; default: "options". */
  readonly of?: string;
  /** What the name of an option in an error starts with. */
  readonly path?: string;
}

function verb(path: string, parts: Omit<SyncVerb, "call">): [string, SyncVerb] {
  const at = path.lastIndexOf(".");
  const [owner, name] = [path.slice(0, at), path.slice(at + 1)];
  const call = (all: object, ...args: never[]): unknown =>
    (all as Record<string, Record<string, (...args: never[]) => unknown>>)[owner]?.[name]?.(...args);
  return [path, { call, ...parts }];
}

const READERS = (owner: string, filter: readonly string[]): [string, SyncVerb][] => [
  verb(`${owner}.read`, {
    good: options,
    optional: ["options"],
    members: { options: [...READ, ...filter] },
    takes: {
      ...PENDING,
      after: ["a number"],
      upTo: ["a number"],
      limit: ["a number"],
      direction: [],
      asOf: ["a number"],
      signal: [],
    },
    throws: true,
  }),
  verb(`${owner}.watch`, {
    good: options,
    optional: ["options"],
    members: { options: ["after", "onCaughtUp", "signal", "pending", ...filter] },
    takes: { ...PENDING, after: ["a number"], onCaughtUp: ["a function"], signal: [] },
    throws: true,
  }),
];

/** Every public verb of replicas and hubs that takes an argument, by its name. */
export const SYNC_VERBS: Readonly<Record<string, SyncVerb>> = Object.fromEntries([
  [
    "follow",
    {
      call: async (_all, given) => follow(await openEventStore(memory()), given),
      good: { options: FOLLOWING },
      members: {
        options: [
          ...["url", "headers", "fetch", "mode", "streams", "streamPrefixes"],
          ...["deciders", "mostPending", "onRejected", "onConflict", "onProgress"],
        ],
      },
      takes: {
        url: ["a text"],
        headers: ["a function"],
        fetch: ["a function"],
        mode: [],
        streams: [],
        streamPrefixes: ["a list"],
        deciders: [],
        mostPending: ["a number"],
        onRejected: ["a function"],
        onConflict: ["a function"],
        onProgress: ["a function"],
      },
    },
  ],
  [
    "createHub",
    {
      call: (all, given) => createHub(all.store, given),
      good: { options: { authenticate: () => "ada" } },
      members: {
        options: [
          ...["authenticate", "clientName", "mayFollow", "mayAppend", "mayExecute", "deciders"],
          ...["origins", "limits"],
        ],
      },
      takes: {
        authenticate: ["a function"],
        clientName: ["a function"],
        mayFollow: ["a function"],
        mayAppend: ["a function"],
        mayExecute: ["a function"],
        deciders: [],
        origins: ["a list", "a function"],
        limits: [],
      },
      throws: true,
    },
  ],
  [
    "createHub limits",
    {
      call: (all, limits) => createHub(all.store, { authenticate: () => "ada", limits }),
      good: { limits: {} },
      optional: ["limits"],
      members: {
        limits: ["entries", "bytes", "pulls", "heartbeat", "ruleTime", "horizon", "requests", "entriesPerSecond"],
      },
      of: "limits",
      path: "limits.",
      takes: {
        entries: ["a number"],
        bytes: ["a number"],
        pulls: ["a number"],
        heartbeat: ["a number"],
        ruleTime: ["a number"],
        horizon: ["a number"],
        requests: ["a number"],
        entriesPerSecond: ["a number"],
      },
      throws: true,
    },
  ],
  verb("replica.stream", { good: { stream: "account-1" }, throws: true }),
  verb("replica.append", {
    good: { entries: [{ stream: "account-1", events: noted }], ...options },
    optional: ["options"],
    members: { options: ["key"] },
    takes: { key: ["a text"] },
  }),
  ...READERS("replica", FILTER),
  verb("replica.load", {
    good: { projection, ...options },
    optional: ["options"],
    members: { options: ["upTo", "asOf", "signal", "pending", ...FILTER] },
    takes: { ...PENDING, upTo: ["a number"], asOf: ["a number"], signal: [] },
  }),
  verb("replica.project", {
    good: { projection, ...options },
    optional: ["options"],
    members: { options: ["stream", "signal", ...FILTER] },
    takes: { stream: ["a text"], signal: [] },
    throws: true,
  }),
  ...(["query", "live"] as const).map((name): [string, SyncVerb] => [
    `replica.${name}`,
    {
      call: (all, given, text, more) =>
        (all as unknown as SyncHandles).replica[name](given === MODEL ? (model as never) : given, text, more),
      good: { readModel: MODEL, sql: everyBalance, ...options },
      optional: ["options"],
      members: { options: ["pending", "reads", "signal", "timeout"] },
      takes: { ...PENDING, reads: ["a list"], signal: [], timeout: ["a number"] },
      ...(name === "live" && { throws: true }),
    },
  ]),
  verb("replica.subscribe", { good: { listener: () => undefined }, throws: true }),
  verb("replica.retry", { good: { id: "none" } }),
  verb("replica.discard", { good: { id: "none" } }),
  verb("replica.flush", { good: { signal: new AbortController().signal }, optional: ["signal"] }),
  verb("replica.follow", {
    good: { options: { streams: ["account-1"] } },
    members: { options: ["streams", "streamPrefixes"] },
    takes: { streams: ["a list"], streamPrefixes: ["a list"] },
  }),
  verb("replica.unfollow", {
    good: { options: { streams: ["other"] } },
    members: { options: ["streams", "streamPrefixes", "discardPending"] },
    takes: { streams: ["a list"], streamPrefixes: ["a list"], discardPending: ["true"] },
  }),
  verb("replica.stream.execute", {
    good: { decider: "bank", command: { do: "deposit", amount: 1, label: "a" }, ...options },
    any: ["command"],
    optional: ["options"],
    members: { options: ["key", "metadata"] },
    takes: { key: ["a text"], metadata: [] },
  }),
  verb("replica.stream.append", {
    good: { events: noted, ...options },
    optional: ["options"],
    members: { options: ["key", "expectedVersion"] },
    takes: { key: ["a text"], expectedVersion: ["a number"] },
    named: { events: "events[0]" },
  }),
  ...READERS("replica.stream", []),
  verb("replica.stream.version", {
    good: options,
    optional: ["options"],
    members: { options: ["pending"] },
    takes: PENDING,
  }),
  verb("replica.stream.load", {
    good: { projection, ...options },
    optional: ["options"],
    members: { options: ["upTo", "asOf", "signal"] },
    takes: { ...PENDING, upTo: ["a number"], asOf: ["a number"], signal: [] },
  }),
  verb("replica.stream.project", { good: { projection }, throws: true }),
  verb("replica.live.subscribe", { good: { listener: () => undefined }, throws: true }),
] satisfies readonly (readonly [string, SyncVerb])[]);
