import { createCondition } from "../../../async/condition.ts";
import { isEventStoreError } from "../../../errors.ts";
import { createAbort, sleep } from "../../../platform.ts";
import type { LiveEvents } from "../../../projections/live-state.ts";
import type { PreparedQuery } from "../../../read-models/model-inside.ts";
import type { Ask, PendingRows } from "./ask-pending.ts";
import type { PendingView } from "./predictions.ts";

/** The pause before another attempt while others hold the write lock, in milliseconds. */
const PAUSE = 100;

/** What a live query with what is pending needs. */
export interface LiveRowsParts {
  readonly ask: Ask;
  /** Absent for a query of the confirmed tables alone. */
  readonly look: (() => Promise<PendingView>) | undefined;
  /** Calls the listener when the outbox may have changed, until the returned function is called. */
  readonly onChange: (listener: () => void) => () => void;
}

/** Runs a query again when its tables or what is pending for them have changed, until the returned function is called. */
export function startLiveRows(
  { ask, look, onChange }: LiveRowsParts,
  prepared: PreparedQuery,
  { show, fail }: LiveEvents<PendingRows<object>>,
): () => void {
  const { reads } = prepared;
  const types = new Set(reads.flatMap(({ _rivulet: { model } }) => model.types));
  const stopping = createAbort();
  const news = createCondition();
  let changes = 0;
  /** Whether the tables may have changed since they were asked. */
  let stale = true;
  /** The pending events that the rows show. */
  let shown: readonly object[] = [];
  let state: PendingRows<object> | undefined;
  let position = 0;
  /** The position that the tables have to reach first. */
  let awaited: number | undefined;
  const wake = (): void => {
    changes += 1;
    news.notify();
  };
  const moved = (changed: boolean): void => {
    stale ||= changed;
    wake();
  };
  const stops = [...reads.map(({ _rivulet: inside }) => inside.follow({ moved, end: fail })), onChange(wake)];

  async function run(): Promise<void> {
    await Promise.all(reads.map(({ _rivulet: inside }) => inside.ready()));
    while (!stopping.signal.aborted) {
      const seen = changes;
      await refresh();
      if (changes === seen) await news.wait(stopping.signal);
    }
  }

  async function refresh(): Promise<void> {
    let view = await look?.();
    if (view !== undefined && isBehind(view.head)) return;
    if (stale || !isSame(relevant(view), shown)) {
      stale = false;
      // What the query sees is what it is compared with the next time.
      const lookAgain = async (): Promise<PendingView> => {
        const used = view ?? (await (look as () => Promise<PendingView>)());
        view = undefined;
        shown = relevant(used);
        return used;
      };
      try {
        const asked = await ask(prepared, look && lookAgain, stopping.signal);
        state = frozen(asked.now);
        position = Math.max(position, asked.position);
      } catch (error) {
        if (!isEventStoreError(error, "storage-busy")) throw error;
        stale = true;
        await sleep(PAUSE, stopping.signal);
        return wake();
      }
    }
    position = Math.max(position, Math.min(...reads.map((model) => model.position)));
    if (state !== undefined && !stopping.signal.aborted) show({ state, position });
  }

  /** Whether the tables lack events that were stored when it was first asked: they are about to change, and the query runs once then. */
  function isBehind(head: number): boolean {
    const lowest = Math.min(...reads.map((model) => model.position));
    if (lowest < head) awaited ??= head;
    if (awaited !== undefined && lowest < awaited) return true;
    awaited = undefined;
    return false;
  }

  function relevant(view: PendingView | undefined): readonly object[] {
    return (view?.items ?? []).filter(({ event }) => types.has(event.type)).map(({ event }) => event);
  }

  run().catch((error: unknown) => {
    if (!stopping.signal.aborted) fail(error);
  });
  return () => {
    stopping.abort();
    for (const stop of stops) stop();
  };
}

function isSame(one: readonly object[], other: readonly object[]): boolean {
  return one.length === other.length && one.every((event, index) => event === other[index]);
}

/** Shallow, because byte arrays cannot be frozen. */
function frozen<Row>({ rows, pending, failed }: PendingRows<Row>): PendingRows<Row> {
  return Object.freeze({ rows: Object.freeze(rows.map((row) => Object.freeze(row))), pending, failed });
}
