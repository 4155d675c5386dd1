import type { LiveEvents } from "../projections/live-state.ts";
import { modelsOf } from "../storage/capabilities.ts";
import type { PreparedQuery } from "./model-inside.ts";
import type { ReadModel } from "./read-model.ts";

/**
 * Runs a query again after every change of the models that it reads, until the returned function is called. Changes during a run
 * lead to one more run after it.
 */
export function startLiveQuery(
  { reads, query, rowsOf }: PreparedQuery,
  { show, fail }: LiveEvents<readonly object[]>,
): () => void {
  const models = modelsOf(reads[0]._rivulet.context.storage);
  let stale = true;
  let running = false;
  let stopped = false;
  let rows: readonly object[] | undefined;
  let interrupt = (): void => undefined;

  const moved = (changed: boolean): void => {
    stale ||= changed;
    if (stale) ask();
    else if (!running && rows !== undefined) show({ state: rows, position: positionOf(reads) });
  };
  const unfollow = reads.map(({ _rivulet: inside }) => inside.follow({ moved, end: fail }));

  /** What is asked when this is stopped is interrupted. */
  function onGivenUp(task: () => void): () => void {
    interrupt = task;
    return () => (interrupt = () => undefined);
  }

  async function run(): Promise<void> {
    running = true;
    await Promise.all(reads.map(({ _rivulet: inside }) => inside.ready()));
    while (stale && !stopped) {
      stale = false;
      const asked = reads.map(({ position }) => position);
      const answer = await models.queryModels(query, onGivenUp);
      // Shallow, because byte arrays cannot be frozen.
      rows = Object.freeze(rowsOf(answer).map((row) => Object.freeze(row)));
      // Events after the tables' checkpoint may be of types that the model does not handle.
      const reached = asked.map((position, index) => Math.max(position, answer.checkpoints[index] as number));
      if (!stopped) show({ state: rows, position: Math.min(...reached) });
    }
    running = false;
    if (!stopped && rows !== undefined) show({ state: rows, position: positionOf(reads) });
  }

  function ask(): void {
    if (running) return;
    run().catch((error: unknown) => {
      if (!stopped) fail(error);
    });
  }

  ask();
  return () => {
    stopped = true;
    interrupt();
    for (const end of unfollow) end();
  };
}

/** Returns the position up to which every event is in the tables of all the models. */
function positionOf(reads: readonly ReadModel[]): number {
  return Math.min(...reads.map(({ position }) => position));
}
