import type { Build } from "./build.ts";

/** Work that is measured in a process of its own. */
interface Work {
  /** Comes before each run. Does not count. */
  prepare?(): Promise<void> | void;
  /** Does the work once, and returns the number of operations. */
  run(): Promise<number> | number;
  close(): Promise<void> | void;
}

/** Opens what the work needs; `folder` is for its files. Does not count. */
export type Start = (build: Build, folder: string) => Promise<Work> | Work;

/** What a module of works exports for one row. */
export interface Works {
  readonly ours: Start;
  /** What it is compared with: the same by hand, or other work of the same build. */
  readonly against?: Start;
}

/** A row of the table: work whose CPU time is measured, of one build or two. */
export interface CpuRow {
  readonly name: string;
  readonly against?: string;
  /** How often the work runs before it counts: 0 for the first time in a process. */
  readonly warm: number;
  /** How many runs count together; default 1. */
  readonly runs?: number;
  /** The least ratio aimed at. */
  readonly aim?: number;
  /** Whether the aim is of a disk: if the files are on one, the row has another of durations beside it. */
  readonly ofDisk?: boolean;
  readonly load: () => Promise<Works>;
}

const TRANSACTION = "BEGIN IMMEDIATE, prepared INSERT, COMMIT";

/** Other rows are added here: a name, and a module that has the works. */
export const ROWS: readonly CpuRow[] = [
  {
    name: "one awaited append, NORMAL",
    against: TRANSACTION,
    warm: 5,
    aim: 0.95,
    ofDisk: true,
    load: async () => (await import("./appends.ts")).single("normal", 2_000),
  },
  {
    name: "one awaited append, FULL",
    against: TRANSACTION,
    warm: 5,
    aim: 0.95,
    ofDisk: true,
    load: async () => (await import("./appends.ts")).single("full", 2_000),
  },
  {
    name: "the first 2,000 appends of a process, FULL",
    against: `${TRANSACTION}, the first 2,000 of a process`,
    warm: 0,
    aim: 0.85,
    ofDisk: true,
    load: async () => (await import("./appends.ts")).single("full", 2_000),
  },
  {
    name: "the first 1,000 concurrent appends of a process, FULL",
    against: "the first 1,000 transactions by hand, one at a time",
    warm: 0,
    aim: 15,
    ofDisk: true,
    load: async () => (await import("./appends.ts")).concurrent(1_000),
  },
  {
    name: "512 concurrent appends, NORMAL",
    against: "one raw transaction of 512",
    warm: 20,
    load: async () => (await import("./appends.ts")).grouped(512),
  },
  {
    name: "worker mode: one awaited append, NORMAL",
    against: TRANSACTION,
    warm: 5,
    aim: 0.85,
    ofDisk: true,
    load: async () => (await import("./appends.ts")).single("normal", 2_000, true),
  },
  {
    name: "worker mode: the first 1,000 appends of a process, FULL",
    against: `${TRANSACTION}, the first 1,000 of a process`,
    warm: 0,
    aim: 0.85,
    ofDisk: true,
    load: async () => (await import("./appends.ts")).single("full", 1_000, true),
  },
  {
    name: "worker mode: 64 concurrent appends, NORMAL",
    against: "one raw transaction of 64",
    warm: 20,
    load: async () => (await import("./appends.ts")).grouped(64, true),
  },
  {
    name: "batches of 1,000, NORMAL",
    against: "a raw loop in one transaction",
    warm: 10,
    load: async () => (await import("./appends.ts")).batches(),
  },
  {
    name: "an append that is a duplicate",
    against: "the same transaction by hand",
    warm: 5,
    aim: 0.6,
    load: async () => (await import("./refusals.ts")).duplicates,
  },
  {
    name: "an append that conflicts, 3 events unseen",
    against: "the same transaction by hand",
    warm: 5,
    aim: 0.6,
    load: async () => (await import("./refusals.ts")).conflicts,
  },
  {
    name: "one awaited append that is pending, FULL",
    against: "a local append",
    warm: 5,
    runs: 4,
    aim: 0.83,
    load: async () => (await import("./pending.ts")).pending(1_000),
  },
  {
    // Few, because an append takes longer with each that is pending in a build from before the outbox was kept in memory.
    name: "an append with 400 to 500 pending before it, FULL",
    against: "a local append",
    warm: 4,
    load: async () => (await import("./pending.ts")).pending(100),
  },
  {
    name: "a read model of 200,000 flights, built",
    against: "the data read, parsed, and the same statements by hand, in transactions as large",
    warm: 2,
    aim: 0.8,
    load: async () => (await import("./models.ts")).flights("file"),
  },
  {
    name: "a read model of 200,000 flights, beside bare statements",
    against: "the same statements alone, by hand, over events that are in memory",
    warm: 2,
    aim: 0.5,
    load: async () => (await import("./models.ts")).flights("memory"),
  },
  {
    name: "a consumer, 1,000 events a checkpoint",
    against: "full replay, parsed",
    warm: 3,
    aim: 0.8,
    load: async () => (await import("./following.ts")).consumer(1_000),
  },
  {
    name: "a consumer, 100 events a checkpoint",
    against: "full replay, parsed",
    warm: 3,
    aim: 0.6,
    load: async () => (await import("./following.ts")).consumer(100),
  },
  {
    name: "a consumer, 1,000 events a batch",
    against: "full replay, parsed",
    warm: 3,
    load: async () => (await import("./following.ts")).batchConsumer(1_000),
  },
  {
    name: "an append to the last of 10,000 loops over one stream",
    against: "a commit by hand, then 10,000 callbacks",
    warm: 2,
    aim: 0.2,
    load: async () => (await import("./following.ts")).crowd,
  },
];
