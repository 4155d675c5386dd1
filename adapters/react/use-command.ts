import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { commandOf, type CommandState, type RunCommand } from "../bindings/command.ts";

/** A command, and how its calls went. */
export interface Command<Args extends readonly unknown[], Result> extends CommandState<Result> {
  /** Calls the command. The same function in every render. Never rejects: resolves with its result, or with undefined if it failed. */
  readonly run: RunCommand<Args, Result>;
}

/**
 * Returns a function that calls a command, whether a call is pending, and the error of the last one.
 *
 * @example
 * ```tsx
 * function Withdraw() {
 *   const { run, pending, error } = useCommand((amount: number) => account.execute(withdrawal, { withdraw: amount }));
 *   return <button disabled={pending} onClick={() => void run(100)}>{error === undefined ? "Withdraw 100 €" : String(error)}</button>;
 * }
 * ```
 */
export function useCommand<Args extends readonly unknown[], Result>(
  command: (...args: Args) => Result | PromiseLike<Result>,
): Command<Args, Result> {
  const newest = useRef(command);
  useEffect(() => {
    newest.current = command;
  });
  const [{ run, subscribe, now, initial }] = useState(() => commandOf((...args: Args) => newest.current(...args)));
  return { run, ...useSyncExternalStore(subscribe, now, () => initial) };
}
