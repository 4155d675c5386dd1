import type { EventStorage } from "./protocol.ts";

/** What makes a storage: a door of this package, or one of your own. Making it starts nothing; opening does. */
export interface Adapter<Verbs extends object = object> {
  /** For `info()` and messages. */
  readonly name: string;
  open(): Promise<OpenedStorage<Verbs>>;
}

export interface OpenedStorage<Verbs extends object = object> {
  readonly storage: EventStorage;
  /**
   * Given by a storage that works in this thread: runs a task once other work has had its turn. Appends are gathered
   * until then, and it runs between two pages of a long read.
   */
  readonly defer?: ((task: () => void) => void) | undefined;
  /** What the adapter adds to the store. */
  readonly verbs: Verbs;
}
