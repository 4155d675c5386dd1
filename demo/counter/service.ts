import type { BuildProgress, StorageInfo, StoredEvent } from "rivulet";
import type { Command } from "./commands.ts";
import type { Counters } from "./counter.ts";

/** A value that moves: what a live projection or a live query of the store is, or what stands for one far away. */
export interface Live<Value> {
  readonly state: Value;
  /** Every event up to here is in it. */
  readonly position: number;
  /** Why it moves no longer, where that is so. */
  readonly error: unknown;
  subscribe(listener: () => void): () => void;
}

export interface Ranked {
  readonly stream: string;
  readonly label: string;
  readonly value: number;
  readonly events: number;
  /** When it last changed, in milliseconds since the epoch. */
  readonly changed: number;
  readonly byValue: number;
  readonly byActivity: number;
}

/** Which events of the log are meant: of one counter, of one type, up to a position. */
export interface LogFilter {
  readonly stream?: string | undefined;
  readonly type?: string | undefined;
  readonly upTo?: number | undefined;
}

/** A part of what a filter lets through: `limit` of its events after the first `skip`, oldest first. */
export interface LogQuery extends LogFilter {
  readonly skip: number;
  readonly limit: number;
}

/** A counter's value after an event, and how low and high it was since the point before. */
export interface SeriesPoint {
  readonly position: number;
  readonly time: number;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** How far a long call has come. */
export type Progress = Pick<BuildProgress, "done" | "total">;

export interface LongCall {
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What two writers met with who both believed to know the newest version. */
export interface Conflict {
  readonly expected: number;
  readonly winner: number;
  readonly actual: number;
  /** What the loser had not seen, as the refusal tells it. */
  readonly unseen: readonly StoredEvent[];
  /** The version of the loser's event, made again on what it then knew. */
  readonly retried: number;
}

export interface Facts extends StorageInfo {
  readonly events: number;
  /** Of each counter's own projection, where one was saved. */
  readonly snapshots: readonly { readonly stream: string; readonly version: number; readonly timestamp: number }[];
}

/** All that the page asks for, wherever the events are: here or behind a server. */
export interface CounterService {
  readonly counters: Live<Counters>;
  readonly ranking: Live<readonly Ranked[]>;
  /** Resolves with the position of the event that did it; `tab` says in its metadata who wanted it. */
  run(command: Command, tab: string): Promise<number>;
  /** All counters as they were. */
  countersAt(position: number): Promise<Counters>;
  log(query: LogQuery): Promise<readonly StoredEvent[]>;
  logSize(filter: LogFilter): Promise<number>;
  /** A counter's value over its events, in a few hundred points. */
  series(stream: string): Promise<readonly SeriesPoint[]>;
  rebuild(call?: LongCall): Promise<void>;
  appendMany(stream: string, count: number, tab: string, call?: LongCall): Promise<void>;
  conflict(stream: string, tab: string): Promise<Conflict>;
  facts(): Promise<Facts>;
  close(): Promise<void>;
}
