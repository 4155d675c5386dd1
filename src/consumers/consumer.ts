import type { AppendAllOptions, AppendResult, StreamAppend } from "../append/append.ts";
import type { StoredEvent } from "../event.ts";
import type { AbortSignalLike } from "../platform.ts";
import type { ParkedEvent } from "../read-models/read-model.ts";
import type { StoreContext } from "../storage/store-context.ts";

/** The runtime's own `AbortSignal` where it has one, so that it can be handed to `fetch` and the like. */
export type RuntimeSignal = typeof globalThis extends { readonly AbortSignal: { readonly prototype: infer Signal } }
  ? Signal
  : AbortSignalLike;

/**
 * How far a consumer has come, and along which history: plain data, to be kept as JSON wherever the handler writes, and given
 * back by `load`. In another store, or in this one restored from a copy, it is refused with `lineage-changed`.
 */
export interface ConsumerCheckpoint {
  /** Every event up to here is handled. */
  readonly position: number;
  /** The store's, as `info()` tells it. */
  readonly lineage: string;
  /** Of the event at that position. Absent at 0, and where the consumer's checkpoint is kept in the store. */
  readonly eventId?: string;
}

/** What a handler is told besides the events, and what it may do in their name. */
export interface ConsumerContext {
  /** Which try this is, from 1. */
  readonly attempt: number;
  /** Every event up to here is handled once this call has succeeded. */
  readonly position: number;
  /** The same, and along which history: what to keep as a checkpoint of your own. */
  readonly checkpoint: ConsumerCheckpoint;
  /**
   * The fencing token: greater for whoever became active later. A target that keeps the greatest it has seen, and refuses
   * smaller ones, takes nothing from a consumer that has lost its turn without knowing.
   */
  readonly token: number;
  /** Aborted when the time is up (`consumer-timeout`), when the turn is lost (`lease-lost`), or with the consumer's own signal. */
  readonly signal: RuntimeSignal;
  /**
   * Appends as `store.append` does, with the event that is handled as the cause. In a `batchHandler` say which one it is:
   * `{ causedBy }`. Rejects once this call is over or aborted. Handled again, the event would be answered again: give the new
   * events ids made from its own, and they are stored once.
   */
  append(entries: readonly StreamAppend[], options?: AppendAllOptions): Promise<AppendResult[]>;
}

/** Something that went wrong, and will be tried again unless it is decided otherwise. */
export interface ConsumerFailure {
  readonly error: unknown;
  /** The event that could not be handled; undefined: a checkpoint could not be loaded or saved. */
  readonly event: StoredEvent | undefined;
  /** How often it was tried, from 1. */
  readonly attempt: number;
}

/**
 * "waiting": another tab or process is active under this name, or it is not known yet. "active": events are handled here.
 * "stopped": closed, or ended by an error.
 */
export type ConsumerStatus = "waiting" | "active" | "stopped";

/**
 * A handler that is given every event at least once, in order. Of all consumers of one name, in whatever tab or process, one
 * is active, and the next goes on where it stopped.
 */
export interface Consumer extends AsyncDisposable {
  readonly name: string;
  readonly status: ConsumerStatus;
  /** Every event up to here is handled, parked, or none of its own: as far as this consumer has seen, and saved where it is active. */
  readonly position: number;
  /** What is being tried again at present. */
  readonly failing: ConsumerFailure | undefined;
  /** Why it has stopped, where that was by itself: `consumer-failed`, `invalid-argument`, `store-closed` or a storage code. */
  readonly error: unknown;
  /** Resolves when it was closed, or the store was; rejects with the `error` that ended it. */
  readonly ended: Promise<void>;
  /**
   * How many positions the checkpoint is behind the head, whoever is active; events that are none of its own count as well. Rejects
   * with `consumer-timeout` where a checkpoint of your own is not loaded in time.
   */
  lag(): Promise<number>;
  /** Calls back after every change of status, position, failure or error. Returns what ends that. */
  subscribe(listener: (consumer: Consumer) => void): () => void;
  /**
   * Resolves with the position reached once every event up to `position` is handled, here or elsewhere; default: up to the
   * head at the call. Rejects when the consumer stops before.
   */
  caughtUp(position?: number, options?: { readonly signal?: AbortSignalLike | undefined }): Promise<number>;
  /** The events that were set aside, in order, damaged ones too. */
  parked(): Promise<ParkedEvent[]>;
  /**
   * Hands every parked event to the handler once more, in order, between two others, as soon as this consumer is active.
   * Resolves with what is still parked. Rejects at an event that cannot be read (`storage-corrupt`, `upcast-failed`,
   * `unknown-event`), which stays parked like those after it.
   */
  retryParked(): Promise<ParkedEvent[]>;
  /**
   * Lets the handler finish what it has in hand, saves, and gives the turn to the next. Resolves when that is done; do not
   * await it in the handler, which would wait for itself. Rejects with `consumer-failed` where a consumer that begins at the head could
   * not write down where: started again, it would begin at a later head.
   */
  close(): Promise<void>;
}

export interface ConsumeOptions {
  /**
   * Aborting it ends the consumer with the signal's reason, and aborts the handler's signal. What was handled before stays so.
   */
  readonly signal?: AbortSignalLike | undefined;
}

/** A handler of events and how it is called, as `defineConsumer` of `rivulet/consumers` describes it. */
export interface ConsumerDefinition {
  /** The name given to `defineConsumer`. */
  readonly name: string;
  /** For rivulet itself. */
  readonly _rivulet: ConsumerInternals;
}

/** What a definition does for the store that runs it. It carries the code that runs consumers. */
interface ConsumerInternals {
  /** For `store.consume`. */
  start(source: StoreContext, options: ConsumeOptions): Consumer;
}
