import { useSyncExternalStore } from "react";
import type { EventStore, Projection, ProjectOptions } from "../../src/index.ts";
import type { QueryOptions, ReadModel, QueryFor, SqlValue } from "../../src/index.ts";
import { projectionOf, queryOf } from "../bindings/live.ts";
import type { Live } from "../bindings/shown.ts";
import { valueOf, type Shown, type Source } from "../bindings/source.ts";
import { keptSource, type Kept } from "./kept-sources.ts";

/**
 * Returns a projection's state like `useProjection`, and suspends the component until the history is in it. A server renders the
 * fallback of the nearest `Suspense`.
 *
 * @throws while rendering, for an error boundary: `projection-failed`, `unknown-event`, `upcast-failed`, `invalid-argument`,
 * a storage code such as `storage-corrupt`, or `store-closed` if the store was closed before.
 * @example
 * ```tsx
 * function Balance({ bank }: { readonly bank: EventStore }) {
 *   const { state } = useSuspenseProjection(bank, balance, { stream: "account-1" });
 *   return <p>{state}</p>;
 * }
 * ```
 */
export function useSuspenseProjection<State>(
  store: Pick<EventStore, "project">,
  projection: Projection<State>,
  options: Omit<ProjectOptions, "signal"> = {},
): Live<State> {
  const make = (): Source<Shown<Live<State>>> =>
    projectionOf<State>(store, projection, options) as Source<Shown<Live<State>>>;
  return useKept(keptSource(store, projection, JSON.stringify(options), make));
}

/**
 * Returns the rows of a query like `useLiveQuery`, and suspends the component until it has run for the first time. A server renders
 * the fallback of the nearest `Suspense`.
 *
 * @throws while rendering, for an error boundary: `invalid-argument`, `query-timeout`, `client-outdated`,
 * `projection-failed`, `store-closed` or a storage code such as `storage-busy`.
 * @example
 * ```tsx
 * function Accounts({ model }: { readonly model: ReadModel }) {
 *   const { state: rows } = useSuspenseLiveQuery<{ name: string }>(model, sql`SELECT name FROM ${accounts}`);
 *   return <ul>{rows.map(({ name }) => <li key={name}>{name}</li>)}</ul>;
 * }
 * ```
 */
export function useSuspenseLiveQuery<Row = Readonly<Record<string, SqlValue>>>(
  model: Pick<ReadModel, "live">,
  statement: QueryFor<Row>,
  options: Omit<QueryOptions, "signal" | "reads"> = {},
): Live<readonly Row[]> {
  const key = JSON.stringify([statement, options]);
  const make = (): Source<Shown<Live<readonly Row[]>>> => queryOf<Row>(model, statement, options);
  return useKept(keptSource(model, queryOf, key, make));
}

function useKept<State extends Live<unknown>>({ source, ready }: Kept<Shown<State>>): Shown<State> {
  // On a server, React refuses this without a third argument, and renders the fallback.
  const shown = valueOf(useSyncExternalStore(source.subscribe, source.now));
  // React waits for a promise that is thrown.
  // oxlint-disable-next-line typescript/only-throw-error
  if (!shown.caughtUp) throw ready();
  return shown;
}
