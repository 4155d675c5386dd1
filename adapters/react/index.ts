import { useMemo, useSyncExternalStore } from "react";
import type { EventStore, LiveProjection, Projection, ProjectedState, ProjectOptions } from "../../src/index.ts";
import type { QueryOptions, ReadModel, SqlStatement, SqlValue } from "../../src/index.ts";

/** What a component sees of a state. */
export interface Live<State> extends ProjectedState<State> {
  /** Whether the history is in the state; until then it is the initial one. */
  readonly caughtUp: boolean;
}

/**
 * A projection's state, followed while the component is mounted; without a store yet, and on a server, the initial one. What stops
 * it is thrown while rendering, for an error boundary: `projection-failed`, `invalid-argument`, a storage code, or `store-closed`
 * from the start. Define projections outside of components: another one is another subscription.
 */
export function useProjection<State>(
  store: Pick<EventStore, "project"> | undefined,
  projection: Projection<State>,
  options: Omit<ProjectOptions, "signal"> = {},
): Live<State> {
  const open = store && ((): LiveProjection<State> => store.project(projection, options));
  return useLive(open, () => projection.initial(), [store, projection, JSON.stringify(options)]);
}

/**
 * The rows of a query, asked again whenever a read model's tables have changed, while the component is mounted. Without a model
 * yet, and on a server, there are none. Errors are thrown while rendering.
 */
export function useLiveQuery<Row = Readonly<Record<string, SqlValue>>>(
  model: Pick<ReadModel, "live"> | undefined,
  statement: SqlStatement,
  options: Omit<QueryOptions, "signal"> = {},
): Live<readonly Row[]> {
  const open = model && ((): LiveProjection<readonly Row[]> => model.live<Row>(statement, options));
  // React wants as many inputs each time.
  const others = Array.from({ length: 8 }, (_, index) => (options as typeof options | null)?.reads?.[index]);
  return useLive(open, () => [], [model, JSON.stringify([statement.strings, statement.values]), ...others]);
}

/** What `open` gives is opened when React subscribes, and closed when React leaves. */
function useLive<S>(open: (() => LiveProjection<S>) | undefined, initial: () => S, inputs: unknown[]): Live<S> {
  const { subscribe, shown, start } = useMemo(() => {
    const before: Live<S> & { readonly error?: unknown } = { state: initial(), position: 0, caughtUp: false };
    let now = before;
    const show = (next: typeof before, changed: () => void): void => {
      now = next;
      changed();
    };
    return {
      subscribe(changed: () => void): () => void {
        try {
          const live = open?.();
          live?.subscribe(({ state, position }) =>
            show({ state, position, caughtUp: true, error: live.error }, changed),
          );
          return () => live?.close();
        } catch (error) {
          show({ ...before, error }, changed);
          return () => undefined;
        }
      },
      shown: () => now,
      start: () => before,
    };
  }, inputs);
  const now = useSyncExternalStore(subscribe, shown, start);
  if (now.error !== undefined) throw now.error;
  return now;
}
