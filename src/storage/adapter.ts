import type { EventStorage } from "./protocol.ts";

/**
 * Opens the storage of a store, for `openEventStore`. Making an adapter starts nothing. `Verbs` are the verbs that it adds to the
 * store.
 */
export interface Adapter<Verbs = unknown> {
  /** The adapter's name, for `info()` and error messages. */
  readonly name: string;
  /** Opens the storage. Called once for each store. */
  open(): Promise<OpenedStorage<Verbs>>;
}

/** A storage that an adapter has opened. */
export interface OpenedStorage<Verbs = unknown> {
  /** The storage, which now belongs to the store. */
  readonly storage: EventStorage;
  /**
   * Runs a task after other work, such as `setImmediate`; for a storage that works in this thread. The store groups appends until
   * then, and yields between two pages of a long read.
   */
  readonly defer?: ((task: () => void) => void) | undefined;
  /** The verbs that the adapter adds to the store. */
  readonly verbs: Verbs;
}
