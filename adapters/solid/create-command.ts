import { createSignal, getOwner, onCleanup, type Accessor } from "solid-js";
import { commandOf, type RunCommand } from "../bindings/command.ts";

/** A command, and how its calls went. */
export interface Command<Args extends readonly unknown[], Result> {
  /** Calls the command. Never rejects: resolves with its result, or with undefined if it failed. */
  readonly run: RunCommand<Args, Result>;
  /** Whether a call has not ended yet. */
  readonly pending: Accessor<boolean>;
  /** The error of the newest call that failed; undefined once `run` is called again. */
  readonly error: Accessor<unknown>;
  /** What the newest call that succeeded resolved with. */
  readonly result: Accessor<Result | undefined>;
}

/**
 * Returns a function that calls a command, whether a call is pending, and the error of the last one.
 *
 * @example
 * ```ts
 * const { run, pending, error } = createCommand((amount: number) => account.execute(withdrawal, { withdraw: amount }));
 * await run(100);
 * console.log(pending(), String(error())); // → false Error: insufficient funds
 * ```
 */
export function createCommand<Args extends readonly unknown[], Result>(
  command: (...args: Args) => Result | PromiseLike<Result>,
): Command<Args, Result> {
  const { run, subscribe, now } = commandOf(command);
  const [state, setState] = createSignal(now());
  const unsubscribe = subscribe(() => setState(now()));
  // Without an owner, it is used as long as anybody has it.
  if (getOwner() !== null) onCleanup(unsubscribe);
  return { run, pending: () => state().pending, error: () => state().error, result: () => state().result };
}
