import { computed, getCurrentScope, onScopeDispose, shallowRef, type ComputedRef } from "vue";
import { commandOf, type RunCommand } from "../bindings/command.ts";

/** A command, and how its calls went, for a template. */
export interface Command<Args extends readonly unknown[], Result> {
  /** Calls the command. Never rejects: resolves with its result, or with undefined if it failed. */
  readonly run: RunCommand<Args, Result>;
  /** Whether a call has not ended yet. */
  readonly pending: ComputedRef<boolean>;
  /** The error of the newest call that failed; undefined once `run` is called again. */
  readonly error: ComputedRef<unknown>;
  /** What the newest call that succeeded resolved with. */
  readonly result: ComputedRef<Result | undefined>;
}

/**
 * Returns a function that calls a command, whether a call is pending, and the error of the last one.
 *
 * @example
 * ```ts
 * const { run, pending, error } = useCommand((amount: number) => account.execute(withdrawal, { withdraw: amount }));
 * await run(100);
 * console.log(pending.value, String(error.value)); // → false Error: insufficient funds
 * ```
 */
export function useCommand<Args extends readonly unknown[], Result>(
  command: (...args: Args) => Result | PromiseLike<Result>,
): Command<Args, Result> {
  const { run, subscribe, now } = commandOf(command);
  const state = shallowRef(now());
  const unsubscribe = subscribe(() => (state.value = now()));
  // Outside of components and scopes, it is used as long as anybody has it.
  if (getCurrentScope() !== undefined) onScopeDispose(unsubscribe);
  return {
    run,
    pending: computed(() => state.value.pending),
    error: computed(() => state.value.error),
    result: computed(() => state.value.result),
  };
}
