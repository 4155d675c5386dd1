import type { Shown, Source } from "../bindings/source.ts";

/** A source that is kept while a component that shows it is suspended, because React forgets what such a component has made. */
export interface Kept<Value> {
  readonly source: Source<Value>;
  /** Opens it. Resolves once it has caught up or failed: the same promise each time, which `use` accepts. */
  ready(): Promise<void>;
}

/**
 * How long a source that has caught up stays open for a component that waited for it, which may have been abandoned: in milliseconds,
 * and at least twice as long as it took. If it was shorter, components that wait for two of them might never show both.
 */
const KEPT = 1000;

interface Timers {
  setTimeout(callback: () => void, milliseconds: number): unknown;
}

// Taken when the module is loaded: an application's tests may replace it.
const { setTimeout } = globalThis as unknown as Timers;

/** What is kept of a store or read model, by what is shown of it, by its options. */
const kept = new WeakMap<object, WeakMap<object, Map<string, unknown>>>();

/** Returns the source for these arguments, which are the same for the same objects and key. */
export function keptSource<State>(
  from: object,
  what: object,
  key: string,
  make: () => Source<Shown<State>>,
): Kept<Shown<State>> {
  const byWhat = getOr(kept, from, () => new WeakMap<object, Map<string, unknown>>());
  // The store refuses what is not an object, with its own message.
  const byKey = getOr(byWhat, Object(what) as object, () => new Map<string, unknown>());
  const found = byKey.get(key) as Kept<Shown<State>> | undefined;
  return found ?? keep(make(), key, byKey);
}

/** Puts a source among the others as long as anybody uses it, which nobody does on a server. */
function keep<State>(source: Source<Shown<State>>, key: string, others: Map<string, unknown>): Kept<Shown<State>> {
  let users = 0;
  let ready: Promise<void> | undefined;

  function subscribe(changed: () => void): () => void {
    const unsubscribe = source.subscribe(changed);
    users += 1;
    others.set(key, own);
    return () => {
      unsubscribe();
      users -= 1;
      if (users === 0) others.delete(key);
    };
  }

  /** Its first change is that it has caught up, or failed. */
  async function open(): Promise<void> {
    let unsubscribe: () => void = () => undefined;
    const before = Date.now();
    await new Promise<void>((resolve) => {
      unsubscribe = subscribe(resolve);
    });
    setTimeout(unsubscribe, Math.max(KEPT, 2 * (Date.now() - before)));
  }

  const own = { source: { ...source, subscribe }, ready: () => (ready ??= open()) };
  return own;
}

interface MapLike<Key, Value> {
  get(key: Key): Value | undefined;
  set(key: Key, value: Value): unknown;
}

function getOr<Key, Value>(map: MapLike<Key, Value>, key: Key, make: () => Value): Value {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}
