import { createContext, createElement, useContext, useEffect, useState, useSyncExternalStore } from "react";
import type { ReactNode } from "react";
import { openedOf, openingOf, outside } from "./opening.ts";

/** What a provider opens, such as a store. */
export interface Closable {
  /** Called when the provider is unmounted. What it rejects with is an unhandled rejection. */
  close(): Promise<void>;
}

/** The properties of a provider. */
export interface StoreProviderProps {
  /** What is inside of the provider. */
  readonly children?: ReactNode;
}

/** A provider that opens a store, and hooks that return it. */
export interface StoreContext<Opened> {
  /**
   * Opens the store when it is mounted, and closes it when it is unmounted. Opens nothing on a server. A `Suspense` for
   * `useSuspenseStore` has to be inside of it.
   *
   * @example
   * ```tsx
   * const { StoreProvider, useStore } = createStoreContext(() => openEventStore(sqliteWasm({ name: "bank" })));
   * const Balance = () => <p>{useProjection(useStore(), balance).state}</p>;
   * const App = () => <StoreProvider><Balance /></StoreProvider>;
   * ```
   */
  StoreProvider(props: StoreProviderProps): ReactNode;
  /**
   * Returns the store; undefined until it is open, on a server, and outside of the provider.
   *
   * @throws while rendering, for an error boundary: what opening failed with, such as `storage-unavailable`.
   * @example
   * ```tsx
   * const { useStore } = createStoreContext(() => openEventStore(sqliteWasm({ name: "bank" })));
   * function Balance() {
   *   const { state, caughtUp } = useProjection(useStore(), balance);
   *   return <p>{caughtUp ? state : "…"}</p>;
   * }
   * ```
   */
  useStore(): Opened | undefined;
  /**
   * Returns the store, and suspends the component until it is open. A server renders the fallback of the nearest `Suspense`.
   *
   * @throws while rendering, for an error boundary: what opening failed with, such as `storage-unavailable`.
   * @example
   * ```tsx
   * const { useSuspenseStore } = createStoreContext(() => openEventStore(sqliteWasm({ name: "bank" })));
   * function Balance() {
   *   const { state } = useSuspenseProjection(useSuspenseStore(), balance);
   *   return <p>{state}</p>;
   * }
   * ```
   */
  useSuspenseStore(): Opened;
}

/**
 * Makes a provider that opens a store, and the hooks that return it. `open` may resolve with anything that has `close()`, such as a
 * store together with its read models.
 *
 * @example
 * ```tsx
 * const { StoreProvider, useStore } = createStoreContext(() => openEventStore(sqliteWasm({ name: "bank" })));
 * const Balance = () => <p>{useProjection(useStore(), balance).state}</p>;
 * const App = () => <StoreProvider><Balance /></StoreProvider>;
 * ```
 */
export function createStoreContext<Opened extends Closable>(open: () => Promise<Opened>): StoreContext<Opened> {
  const Context = createContext(outside<Opened>());
  return {
    StoreProvider({ children }) {
      const [opening] = useState(() => openingOf(open));
      useEffect(() => opening.subscribe(() => undefined), [opening]);
      return createElement(Context.Provider, { value: opening }, children);
    },
    useStore() {
      const { subscribe, now, initial } = useContext(Context);
      return openedOf(useSyncExternalStore(subscribe, now, () => initial));
    },
    useSuspenseStore() {
      const { subscribe, now } = useContext(Context);
      // On a server, React refuses this without a third argument, and renders the fallback.
      const opening = useSyncExternalStore(subscribe, now);
      const opened = openedOf(opening);
      // React waits for a promise that is thrown.
      // oxlint-disable-next-line typescript/only-throw-error
      if (opened === undefined) throw opening.ended;
      return opened;
    },
  };
}
