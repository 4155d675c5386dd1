import { commandOf, type CommandState, type RunCommand } from "../bindings/command.ts";
import { currentOf, type Current } from "./current.ts";

/** A command, and how its calls went. */
export interface Command<Args extends readonly unknown[], Result> extends Current<CommandState<Result>> {
  /** Calls the command. Never rejects: resolves with its result, or with undefined if it failed. */
  readonly run: RunCommand<Args, Result>;
}

/**
 * Returns a command: a function that calls it, and, as `current`, whether a call is pending, and the error of the last one.
 *
 * @example
 * ```ts
 * const withdraw = createCommand((amount: number) => account.execute(withdrawal, { withdraw: amount }));
 * await withdraw.run(100);
 * console.log(withdraw.current.pending, String(withdraw.current.error)); // → false Error: insufficient funds
 * ```
 */
export function createCommand<Args extends readonly unknown[], Result>(
  command: (...args: Args) => Result | PromiseLike<Result>,
): Command<Args, Result> {
  const source = commandOf(command);
  return Object.assign(currentOf(source), { run: source.run });
}
