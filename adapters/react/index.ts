import { useMemo, useSyncExternalStore } from "react";
import type { EventStore, LiveProjection, Projection, ProjectedState, ProjectOptions } from "../../src/index.ts";
import type { QueryOptions, ReadModel, SqlText, SqlValue } from "../../src/index.ts";

/** A state that is kept up to date, as a component sees it. */
export interface Live<State> extends ProjectedState<State> {
  /** Whether the history is in the state. Before that, it is the initial state. */
  readonly caughtUp: boolean;
}

/**
 * Returns a projection's state, which is kept up to date while the component is mounted. Without a store, and on a server, it is the
 * initial state. Define projections outside of components: a new definition is a new subscription.
 *
 * @throws while rendering, for an error boundary: `projection-failed`, `unknown-event`, `upcast-failed`, `invalid-argument`, a storage
 * code, or `store-closed` if the store was closed before.
 * @example
 * ```tsx
 * function Balance({ bank }: { readonly bank: EventStore | undefined }) {
 *   const { state, caughtUp } = useProjection(bank, balance, { stream: "account-1" });
 *   return <p>{caughtUp ? state : "…"}</p>;
 * }
 * ```
 */
export function useProjection<State>(
  store: Pick<EventStore, "project"> | undefined,
  projection: Projection<State>,
  options: Omit<ProjectOptions, "signal"> = {},
): Live<State> {
  const open = store && ((): LiveProjection<State> => store.project(projection, options));
  // The store refuses an invalid projection, with its own message.
  const initial = (): State => (projection as Partial<Projection<State>> | undefined | null)?.initial?.() as State;
  return useLive(open, initial, [store, projection, JSON.stringify(options)]);
}

/**
 * Returns the rows of a query, which runs again whenever a read model's tables have changed, while the component is mounted. Without a
 * model, and on a server, there are no rows.
 *
 * @throws while rendering, for an error boundary: `invalid-argument`, `query-timeout`, `client-outdated`, `projection-failed`,
 * `store-closed` or a storage code.
 * @example
 * ```tsx
 * function Accounts({ model }: { readonly model: ReadModel | undefined }) {
 *   const { state: rows } = useLiveQuery<{ name: string }>(model, sql`SELECT name FROM ${accounts}`);
 *   return <ul>{rows.map(({ name }) => <li key={name}>{name}</li>)}</ul>;
 * }
 * ```
 */
export function useLiveQuery<Row = Readonly<Record<string, SqlValue>>>(
  model: Pick<ReadModel, "live"> | undefined,
  statement: SqlText,
  options: Omit<QueryOptions, "signal"> = {},
): Live<readonly Row[]> {
  const open = model && ((): LiveProjection<readonly Row[]> => model.live<Row>(statement, options));
  // React requires the same number of dependencies in each render.
  const { reads, timeout } = (options as typeof options | null) ?? {};
  const others = Array.from({ length: 8 }, (_, index) => reads?.[index]);
  // The model refuses an invalid query, with its own message.
  return useLive(open, () => [], [model, JSON.stringify(statement), timeout, ...others]);
}

/** Opens a live state when React subscribes, and closes it when React unsubscribes. */
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
