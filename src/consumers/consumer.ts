import type { AppendAllOptions, AppendResult, StreamAppend } from "../append/append.ts";
import type { StoredEvent } from "../event.ts";
import type { AbortSignalLike } from "../platform.ts";
import type { ParkedEvent } from "../read-models/read-model.ts";
import type { StoreContext } from "../storage/store-context.ts";

/** The runtime's own `AbortSignal` if it has one, so that the signal can be passed to `fetch`. */
export type RuntimeSignal = typeof globalThis extends { readonly AbortSignal: { readonly prototype: infer Signal } }
  ? Signal
  : AbortSignalLike;

/**
 * How far a consumer has come, and in which history. Plain data, to be stored as JSON where the handler writes, and returned by
 * `load`. Another store, or this one restored from a copy, refuses it with `lineage-changed`.
 */
export interface ConsumerCheckpoint {
  /** The position up to which every event is handled. */
  readonly position: number;
  /** The lineage of the store, as in `info()`. */
  readonly lineage: string;
  /** The id of the event at that position. Absent at position 0, and if the checkpoint is kept in the store. */
  readonly eventId?: string;
}

/** The second argument of a handler: which call this is, and what it can do. */
export interface ConsumerContext {
  /** The number of this attempt, from 1. */
  readonly attempt: number;
  /** The position up to which every event is handled once this call succeeds. */
  readonly position: number;
  /** The checkpoint once this call succeeds, for a handler that stores its own. */
  readonly checkpoint: ConsumerCheckpoint;
  /**
   * The fencing token, which rises with each consumer that becomes active. If the target of the handler's writes stores the greatest
   * token it has seen and refuses smaller ones, a consumer that lost its lease without noticing cannot write to it.
   */
  readonly token: number;
  /** Aborted on timeout (`consumer-timeout`), when the lease is lost (`lease-lost`), and with the consumer's own signal. */
  readonly signal: RuntimeSignal;
  /**
   * Appends like `store.append`, with the handled event as `causedBy`; a `batchHandler` has to pass `causedBy` itself. An event may be
   * handled more than once: derive the ids of the new events from its id, so that they are stored once.
   *
   * @throws `invalid-argument`, also once the handler's call is over; `version-conflict`, `event-id-conflict`, `invalid-event`,
   * `store-closed`, `outcome-unknown` or a storage code such as `storage-full`; the reason of an aborted `signal`.
   * @example
   * ```ts
   * defineConsumer<AccountEvent>({
   *   name: "receipts",
   *   handler: ({ id, data }, { append }) =>
   *     append([{ stream: "receipts", events: { id: `receipt-${id}`, type: "receipt-issued", data } }]),
   * });
   * ```
   */
  append(entries: readonly StreamAppend[], options?: AppendAllOptions): Promise<AppendResult[]>;
}

/** A failed attempt, which is repeated unless `onError` decides otherwise. */
export interface ConsumerFailure {
  /** The error of the attempt. */
  readonly error: unknown;
  /** The event that could not be handled; undefined if the checkpoint could not be loaded or saved. */
  readonly event: StoredEvent | undefined;
  /** The number of attempts so far, from 1. */
  readonly attempt: number;
}

/**
 * "waiting": another tab or process is active under this name, or the consumer is starting. "active": events are handled here.
 * "stopped": the consumer was closed, or ended by an error.
 */
export type ConsumerStatus = "waiting" | "active" | "stopped";

/**
 * A running consumer, whose handler gets every event in order and at least once. Of all consumers with the same name, in all tabs and
 * processes, one is active; when it ends, the next continues from its checkpoint.
 */
export interface Consumer extends AsyncDisposable {
  /** The name given to `defineConsumer`. */
  readonly name: string;
  /** Whether events are handled here. */
  readonly status: ConsumerStatus;
  /**
   * The position up to which every event is handled, parked or not selected by the filter, as far as this consumer knows. While it is
   * active, this is the saved checkpoint.
   */
  readonly position: number;
  /** The failure that is being retried, if any. */
  readonly failing: ConsumerFailure | undefined;
  /** The error that ended the consumer: `consumer-failed`, `invalid-argument`, `lineage-changed`, `store-closed` or a storage code. */
  readonly error: unknown;
  /** Resolves when the consumer or the store is closed; rejects with the `error` that ended the consumer. */
  readonly ended: Promise<void>;
  /**
   * Resolves with the number of positions between the checkpoint and the head, whichever consumer is active. Events that the filter
   * does not select count too.
   *
   * @throws `store-closed` or a storage code such as `storage-busy`; `consumer-timeout` or `lineage-changed` if the checkpoint is kept
   * elsewhere.
   * @example
   * ```ts
   * const consumer = store.consume(audit);
   * await consumer.caughtUp();
   * console.log(await consumer.lag()); // → 0
   * ```
   */
  lag(): Promise<number>;
  /**
   * Calls the listener after every change of `status`, `position` or `failing`. Returns a function that removes the listener.
   *
   * @example
   * ```ts
   * const consumer = store.consume(audit);
   * const unsubscribe = consumer.subscribe(({ position, failing }) => {
   *   if (failing !== undefined) console.log(`stuck after ${position}`, failing.error);
   * });
   * unsubscribe();
   * ```
   */
  subscribe(listener: (consumer: Consumer) => void): () => void;
  /**
   * Resolves with the consumer's position once every event up to `position` is handled, here or by another tab or process; default:
   * up to the head at the time of the call.
   *
   * @throws `invalid-argument` for an invalid position; the consumer's `error` if it ends first: `consumer-failed`, `store-closed` or a
   * storage code such as `storage-corrupt`.
   * @example
   * ```ts
   * const consumer = store.consume(audit);
   * const { position } = await account.append({ type: "deposited", data: { amount: 100 } });
   * console.log(await consumer.caughtUp(position)); // → 1
   * ```
   */
  caughtUp(position?: number, options?: { readonly signal?: AbortSignalLike | undefined }): Promise<number>;
  /**
   * Resolves with the parked events, in order, including damaged ones.
   *
   * @throws `store-closed` or a storage code such as `storage-busy`.
   * @example
   * ```ts
   * const consumer = store.consume(audit);
   * for (const { position, message } of await consumer.parked()) {
   *   console.log(position, message);
   * }
   * ```
   */
  parked(): Promise<ParkedEvent[]>;
  /**
   * Calls the handler once more for every parked event, in order, as soon as this consumer is active. Resolves with the events that
   * are still parked.
   *
   * @throws `storage-corrupt`, `upcast-failed` or `unknown-event` at an event that cannot be read; that event and the later ones stay
   * parked. `store-closed` or the consumer's `error` if it ends first.
   * @example
   * ```ts
   * const consumer = store.consume(audit);
   * const left = await consumer.retryParked();
   * console.log(left.length); // → 0
   * ```
   */
  retryParked(): Promise<ParkedEvent[]>;
  /**
   * Closes the consumer: waits for the handler's current call, saves the checkpoint, and releases the lease. Do not await it in the
   * handler, which would wait for itself.
   *
   * @throws `consumer-failed` if a consumer that begins at the head could not save where: started again, it would begin at a later head.
   * @example
   * ```ts
   * const consumer = store.consume(audit);
   * await consumer.close();
   * console.log(consumer.status); // → stopped
   * ```
   */
  close(): Promise<void>;
}

/** How to run a consumer. */
export interface ConsumeOptions {
  /** Aborting it ends the consumer with the signal's reason, and aborts the handler's signal. Events handled before stay handled. */
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
  /** Implements `store.consume`. */
  start(context: StoreContext, options: ConsumeOptions): Consumer;
}
