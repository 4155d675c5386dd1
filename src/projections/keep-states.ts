import { isEventStoreError } from "../errors.ts";
import { onPageHidden, whenIdle } from "../page.ts";
import { startTimer } from "../platform.ts";
import type { KeptPlace, KeptState } from "./kept-state.ts";
import type { KeepableState, KeepingStore } from "./last-known.ts";

export interface KeepParts {
  readonly schema: number;
  /** Undefined where there is no storage. */
  readonly place: KeptPlace | undefined;
  /** The shortest time between two writes, in milliseconds. */
  readonly interval: number;
  readonly clock: () => number;
  /** Called once the history of the live state is known. */
  readonly onLineage: (lineage: string) => void;
  /** Called with every newer state. */
  readonly onState: (now: KeptState) => void;
  readonly onError: (error: unknown) => void;
  readonly onEnd: () => void;
}

/** Keeps a live state until it ends or `stop` is called. */
export interface Keeper {
  /** Writes the newest state if that is due, and ends. */
  stop(): void;
  /** Forgets that a write is due. */
  cancel(): void;
}

/**
 * Writes the states of a live state: the newest some time after a change, when the page is idle or hidden, and at the end. Only states that
 * have caught up are written.
 */
export function keepStates<State>(
  live: KeepableState<State>,
  store: Omit<KeepingStore, "project">,
  { schema, place, interval, clock, onLineage, onState, onError, onEnd }: KeepParts,
): Keeper {
  const states = live[Symbol.asyncIterator]();
  let lineage = "";
  /** Where to write; undefined until it is known that the state may be kept. */
  let open: KeptPlace | undefined;
  /** Ends the timer of the write that is due. */
  let due: (() => void) | undefined;
  const leavePage = onPageHidden(flush);
  void follow().finally(() => {
    leavePage();
    onEnd();
  });

  async function follow(): Promise<void> {
    try {
      const info = await store.info();
      ({ lineage } = info);
      onLineage(lineage);
      // What is in memory ends with the page: its state would be shown of a store that is empty.
      if (info.backend !== "memory") open = place;
      for await (const _ of { [Symbol.asyncIterator]: () => states }) {
        onState(newest());
        due ??= startTimer(interval, () => whenIdle(flush));
      }
      flush();
    } catch (error) {
      // The live state itself tells why it has ended.
      if (isEventStoreError(error, "store-replaced")) attempt(forget);
      else flush();
    }
  }

  function newest(): KeptState {
    const { state, position = null } = live;
    return { schema, lineage, position, timestamp: clock(), state };
  }

  function flush(): void {
    if (due === undefined) return;
    cancel();
    attempt(() => {
      const mine = newest();
      const position = open?.ahead(mine);
      if (position === undefined) write(mine);
      else void unlessBehind(mine, position);
    });
  }

  function cancel(): void {
    due?.();
    due = undefined;
  }

  /** Another tab is ahead, unless the database has lost its newest events since. */
  async function unlessBehind(mine: KeptState, position: number): Promise<void> {
    const head = await store.head().catch(() => Infinity);
    if (head < position) attempt(() => write(mine));
  }

  function write(mine: KeptState): void {
    try {
      open?.write(mine);
    } catch (error) {
      // Otherwise an ever older state would be shown.
      open?.remove();
      throw error;
    }
  }

  /** The database is gone, and what was kept of it must not stay. */
  function forget(): void {
    cancel();
    if (open?.read()?.lineage === lineage) open?.remove();
  }

  function attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      onError(error);
    }
  }

  return {
    cancel,
    stop() {
      flush();
      leavePage();
      void states.return?.();
    },
  };
}
