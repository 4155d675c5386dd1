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
  /** How often the place was cleared. What began before is not written. */
  readonly cleared: () => number;
}

/** Keeps a live state until it ends or `stop` is called. */
export interface Keeper {
  /** Writes the newest state if that is due, and ends. */
  stop(): void;
  /** Drops the write that is due. The present state is not kept again. */
  clear(): void;
}

/**
 * Writes the states of a live state: the newest some time after a change, when the page is idle or hidden, and at the end. Only states that
 * have caught up are written.
 */
export function keepStates<State>(
  live: KeepableState<State>,
  store: Omit<KeepingStore, "project">,
  { schema, place, interval, clock, onLineage, onState, onError, onEnd, cleared }: KeepParts,
): Keeper {
  const states = live[Symbol.asyncIterator]();
  let lineage = "";
  /** Where to write; undefined until it is known that the state may be kept. */
  let open: KeptPlace | undefined;
  /** Ends the timer of the write that is due. */
  let due: (() => void) | undefined;
  /** The state that was cleared. The iterator may still give it, even after the live state was closed. */
  let dropped: Pick<KeepableState<State>, "state" | "position"> | undefined;
  const leavePage = onPageHidden(flush);
  void follow().finally(() => {
    leavePage();
    onEnd();
  });

  async function follow(): Promise<void> {
    try {
      const info = await askInfo();
      lineage = info?.lineage ?? "";
      onLineage(lineage);
      // What is in memory ends with the page: its state would be shown of a store that is empty.
      if (info !== undefined && info.backend !== "memory") open = place;
      for await (const _ of { [Symbol.asyncIterator]: () => states }) {
        if (dropped !== undefined && Object.is(live.state, dropped.state) && live.position === dropped.position)
          continue;
        dropped = undefined;
        attempt(() => onState(newest()));
        due ??= startTimer(interval, () => whenIdle(flush));
      }
      flush();
    } catch (error) {
      // The live state itself tells why it has ended.
      if (isEventStoreError(error, "store-replaced")) attempt(forget);
      else flush();
    }
  }

  /** Without an answer, nothing tells whether what was kept is of this history: it is not shown, and nothing is written. */
  async function askInfo(): Promise<{ readonly lineage: string; readonly backend: string } | undefined> {
    try {
      return await store.info();
    } catch (error) {
      if (!isEventStoreError(error, "store-closed")) attempt(() => onError(error));
      return undefined;
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
    const before = cleared();
    const head = await store.head().catch(() => Infinity);
    if (head < position && before === cleared()) attempt(() => write(mine));
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
    clear() {
      cancel();
      dropped = { state: live.state, ...(live.position !== undefined && { position: live.position }) };
    },
    stop() {
      flush();
      leavePage();
      void states.return?.();
    },
  };
}
