import { createSubscriber } from "svelte/reactivity";
import { valueOf, type Source } from "../bindings/source.ts";

/** A value that is kept up to date while it is shown: `shown.current` with runes, `$shown` as a store. */
export interface Current<Value> {
  /** The newest value. In a template, an effect or `$derived` it is read again after every change. */
  readonly current: Value;
  /**
   * Calls the listener with the value, and after every change, as Svelte's stores do. Returns a function that removes it.
   *
   * @example
   * ```ts
   * const account1 = createProjection(store, balance, { stream: "account-1" });
   * const unsubscribe = account1.subscribe(({ state }) => console.log(state)); // → 0
   * unsubscribe();
   * ```
   */
  subscribe(listener: (value: Value) => void): () => void;
}

/** The newest value of a source. */
export function currentOf<Value>(
  { now, subscribe }: Source<Value>,
  read: (now: Value) => Value = (value) => value,
): Current<Value> {
  const track = createSubscriber((update) => subscribe(update));
  return {
    get current() {
      track();
      return read(now());
    },
    subscribe(listener) {
      let told: Value;
      let unsubscribe: (() => void) | undefined = () => undefined;
      const tell = (): void => listener(read((told = now())));
      tell();
      // A server unsubscribes once it has rendered, so that it opens nothing.
      void Promise.resolve().then(() => {
        if (unsubscribe === undefined) return;
        unsubscribe = subscribe(tell);
        if (now() !== told) tell();
      });
      return () => {
        unsubscribe?.();
        unsubscribe = undefined;
      };
    },
  };
}

/**
 * What is shown, or what throws the error once a property is read: a store must not throw while it tells its listeners. Svelte itself
 * looks for symbols.
 */
export function late<State extends { readonly error?: unknown }>(shown: State): State {
  if (shown.error === undefined) return shown;
  return new Proxy(shown, { get: (_shown, key) => (typeof key === "string" ? valueOf(shown) : undefined) });
}
