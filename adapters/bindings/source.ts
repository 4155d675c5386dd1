/** A value that changes outside of a framework, and that a component shows. */
export interface Source<Value> {
  /** What is shown before anything is known, and on a server. */
  readonly initial: Value;
  /** Returns the newest value, the same one until it changes. */
  now(): Value;
  /** Calls the listener after every change, until the returned function is called. */
  subscribe(changed: () => void): () => void;
}

/** What a live state shows: the error that has ended it is thrown where it is read, see `valueOf`. */
export type Shown<State> = State & { readonly caughtUp: boolean; readonly error?: unknown };

/** What is kept up to date. */
interface Live {
  /** The error that has ended it; undefined while it runs. */
  readonly error: unknown;
  subscribe(listener: () => void): unknown;
  close(): void;
}

/**
 * A live state that is open while anybody has subscribed to it. Without `open`, it stays as it is at first. What is `known` of it is
 * shown until it has caught up, but not on a server.
 */
export function sourceOf<Opened extends Live, State extends object>(
  open: (() => Opened) | undefined,
  initial: () => State,
  show: (live: Opened) => State,
  known?: Partial<State>,
): Source<Shown<State>> {
  const before: Shown<State> = { ...initial(), caughtUp: false };
  const listeners = new Set<{ readonly changed: () => void }>();
  let now = known === undefined ? before : { ...before, ...known };
  let live: Opened | undefined;

  function change(next: Shown<State>): void {
    now = next;
    for (const { changed } of listeners) changed();
  }

  function start(): void {
    try {
      const opened = open?.();
      live = opened;
      opened?.subscribe(() => change({ ...show(opened), caughtUp: true, error: opened.error }));
    } catch (error) {
      change({ ...before, error });
    }
  }

  return {
    initial: before,
    now: () => now,
    subscribe(changed) {
      // An object of its own, because the same function may subscribe twice.
      const listener = { changed };
      listeners.add(listener);
      if (listeners.size === 1) start();
      return () => {
        if (listeners.delete(listener) && listeners.size === 0) live?.close();
      };
    },
  };
}

/** Returns what is shown, or throws the error that has ended it. */
export function valueOf<State extends { readonly error?: unknown }>(shown: State): State {
  if (shown.error !== undefined) throw shown.error;
  return shown;
}
