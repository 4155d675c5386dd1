import type { Source } from "./source.ts";

/** How the calls of a command went, as a component sees it. */
export interface CommandState<Result> {
  /** Whether a call has not ended yet. */
  readonly pending: boolean;
  /** The error of the newest call that failed; undefined before, and once `run` is called again. */
  readonly error: unknown;
  /** What the newest call that succeeded resolved with; undefined before. */
  readonly result: Result | undefined;
}

/**
 * Calls a command. Never rejects, so that it can be called by a button: it resolves with the result, or with undefined if the
 * command failed, whose error is then shown.
 */
export type RunCommand<Args extends readonly unknown[], Result> = (...args: Args) => Promise<Result | undefined>;

/** A command, and how its calls went. */
export interface CommandSource<Args extends readonly unknown[], Result> extends Source<CommandState<Result>> {
  readonly run: RunCommand<Args, Result>;
}

export function commandOf<Args extends readonly unknown[], Result>(
  command: (...args: Args) => Result | PromiseLike<Result>,
): CommandSource<Args, Result> {
  const initial: CommandState<Result> = { pending: false, error: undefined, result: undefined };
  const listeners = new Set<{ readonly changed: () => void }>();
  let now = initial;
  let running = 0;

  function change(next: Partial<CommandState<Result>>): void {
    now = { ...now, ...next, pending: running > 0 };
    for (const { changed } of listeners) changed();
  }

  return {
    initial,
    now: () => now,
    subscribe(changed) {
      const listener = { changed };
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async run(...args) {
      running += 1;
      change({ error: undefined });
      try {
        const result = await command(...args);
        running -= 1;
        change({ result });
        return result;
      } catch (error) {
        running -= 1;
        change({ error });
        return undefined;
      }
    },
  };
}
