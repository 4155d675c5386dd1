import type { LiveEvents } from "./live.ts";
import type { ModelQuery, ModelRows, ModelStorage } from "./storage/protocol.ts";

/** A query that is asked again when its model has moved. */
export interface LiveQuery {
  /** Every event up to a position is in the tables, which have changed or not. */
  moved(position: number, changed: boolean): void;
  /** The model has come to its end. */
  end(error: unknown): void;
  stop(): void;
}

/** One run at a time: what changes while it is under way is seen by one more after it. */
export function startLiveQuery(
  models: ModelStorage,
  query: ModelQuery,
  start: number,
  { show, fail }: LiveEvents<readonly object[]>,
): LiveQuery {
  let position = start;
  let stale = true;
  let running = false;
  let stopped = false;
  let rows: readonly object[] = [];

  async function run(): Promise<void> {
    running = true;
    while (stale && !stopped) {
      stale = false;
      const asked = position;
      const answer = await models.queryModels(query);
      // Each row and not deeper: bytes cannot be frozen.
      rows = Object.freeze(toObjects(answer).map((row) => Object.freeze(row)));
      // Past what is written in the tables there may be events of no concern.
      if (!stopped) show({ state: rows, position: Math.max(asked, answer.checkpoint) });
    }
    running = false;
    if (!stopped) show({ state: rows, position });
  }

  function ask(): void {
    if (running) return;
    run().catch((error: unknown) => {
      if (!stopped) fail(error);
    });
  }

  ask();
  return {
    moved(now, changed) {
      position = now;
      stale ||= changed;
      if (stale) ask();
      else if (!running) show({ state: rows, position });
    },
    end: fail,
    stop() {
      stopped = true;
    },
  };
}

/** Rows as objects, by the names of their columns. */
export function toObjects({ columns, rows }: ModelRows): Record<string, unknown>[] {
  return rows.map((row) => Object.fromEntries(columns.map((name, index) => [name, row[index]])));
}
