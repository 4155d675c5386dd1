import type { BuildProgress, StorageInfo, StoredEvent } from "rivulet";
import type { Command } from "./commands.ts";
import type { Counters } from "./counter.ts";

/** A value that changes: a live projection or live query of the store, or its counterpart for a remote store. */
export interface Live<Value> {
  readonly state: Value;
  /** Every event up to this position is in the value. */
  readonly position: number;
  /** The error that stopped it, if any. */
  readonly error: unknown;
  subscribe(listener: () => void): () => void;
}

export interface Ranked {
  readonly stream: string;
  readonly label: string;
  readonly value: number;
  readonly events: number;
  /** The time of the last change, in milliseconds since the epoch. */
  readonly changed: number;
  readonly byValue: number;
  readonly byActivity: number;
}

/** A filter of the log: one counter, one type, up to a position. */
export interface LogFilter {
  readonly stream?: string | undefined;
  readonly type?: string | undefined;
  readonly upTo?: number | undefined;
}

/** A page of a filtered log: `limit` events after the first `skip`, oldest first. */
export interface LogQuery extends LogFilter {
  readonly skip: number;
  readonly limit: number;
}

/** A counter's value after an event, and its lowest and highest value over the events that the point stands for. */
export interface SeriesPoint {
  readonly position: number;
  readonly time: number;
  /** The position and the time of the first of these events. */
  readonly from: number;
  readonly fromTime: number;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** The progress of a long call. */
export type Progress = Pick<BuildProgress, "done" | "total">;

export interface LongCall {
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Who does something that takes several events, which are undone together. */
export type Sender = {
  /** The name of the tab. */
  readonly tab: string;
  /** The id of the act, which is undone by it; without one, each event is undone alone. */
  readonly act?: string;
};

/** What the caller of a conflict is told, and how it ends the wait. */
export interface ConflictCall {
  /** Called once the sender's own change is stored, or kept for the hub: then only the hub is waited for. */
  readonly onWritten?: (() => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The course of a conflict between two writers who both expected the newest version. */
export interface Conflict {
  readonly expected: number;
  readonly winner: number;
  readonly actual: number;
  /** The events that the second writer had not seen, as the error lists them. */
  readonly unseen: readonly StoredEvent[];
  /** The version of the second writer's event after the retry. */
  readonly retried: number;
}

export interface Facts extends StorageInfo {
  readonly events: number;
  /** The snapshots of the counters' projections. */
  readonly snapshots: readonly { readonly stream: string; readonly version: number; readonly timestamp: number }[];
}

/** Is told the event of a command, or undefined if the hub has refused the command. */
export type OnDecided = (event: StoredEvent | undefined) => void;

/** All data of the page, from a local store or from a server. */
export interface CounterService {
  readonly counters: Live<Counters>;
  readonly ranking: Live<readonly Ranked[]>;
  /**
   * Resolves with the id of the command's event; `tab` is stored in its metadata as the sender. `onDecided` is
   * called with the event: of a shared counter once the hub has decided the command, which may be later.
   */
  run(command: Command, tab: string, onDecided?: OnDecided): Promise<string>;
  /** All counters as of a position. */
  countersAt(position: number): Promise<Counters>;
  log(query: LogQuery): Promise<readonly StoredEvent[]>;
  logSize(filter: LogFilter): Promise<number>;
  /** A counter's value over its events, in a few hundred points. */
  series(stream: string): Promise<readonly SeriesPoint[]>;
  rebuild(call?: LongCall): Promise<void>;
  appendMany(stream: string, count: number, sender: Sender, call?: LongCall): Promise<void>;
  /** Provokes a conflict. An abort ends it where it waits for the hub: what is written already stays. */
  conflict(stream: string, sender: Sender, call?: ConflictCall): Promise<Conflict>;
  facts(): Promise<Facts>;
  close(): Promise<void>;
}
