import type { Source } from "../bindings/source.ts";
import type { Closable } from "./store-context.ts";

/** How far something is opened. */
interface Opening<Opened> {
  readonly opened?: Opened;
  /** What opening has failed with, if `failed`. */
  readonly error?: unknown;
  readonly failed?: true;
  /** Resolves when it is open, or opening has failed. */
  readonly ended: Promise<void>;
}

/** Opens something when it is first subscribed to, and closes it when nobody is subscribed any more. */
export function openingOf<Opened extends Closable>(open: () => Promise<Opened>): Source<Opening<Opened>> {
  const listeners = new Set<{ readonly changed: () => void }>();
  let { now: initial, end } = begin<Opened>();
  let now = initial;
  let opened: Promise<Opened> | undefined;

  function change(next: Opening<Opened>): void {
    now = next;
    end();
    for (const { changed } of listeners) changed();
  }

  function start(): void {
    const opening = open();
    opened = opening;
    const isCurrent = (): boolean => opened === opening;
    opening.then(
      (result) => isCurrent() && change({ ...now, opened: result }),
      (error: unknown) => isCurrent() && change({ ...now, error, failed: true }),
    );
  }

  function stop(): void {
    const left = opened;
    if (left === undefined || listeners.size > 0) return;
    opened = undefined;
    ({ now, end } = begin<Opened>());
    // What could not be opened need not be closed: its error was thrown by the hooks.
    void left.then(
      (result) => result.close(),
      () => undefined,
    );
  }

  return {
    initial,
    now: () => now,
    subscribe(changed) {
      const listener = { changed };
      listeners.add(listener);
      if (opened === undefined) start();
      return () => {
        listeners.delete(listener);
        // Strict mode mounts again at once.
        void Promise.resolve().then(stop);
      };
    },
  };
}

/** Outside of a provider nothing is ever opened. */
export function outside<Opened>(): Source<Opening<Opened>> {
  const { now } = begin<Opened>();
  return { initial: now, now: () => now, subscribe: () => () => undefined };
}

/** Returns what was opened, or throws the error. */
export function openedOf<Opened>({ opened, error, failed }: Opening<Opened>): Opened | undefined {
  if (failed) throw error;
  return opened;
}

function begin<Opened>(): { now: Opening<Opened>; end: () => void } {
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { now: { ended }, end };
}
