import type { ParseArgsConfig } from "node:util";
import type { Output } from "./output.ts";
import type { Progress } from "./progress.ts";

/** How a command ends: the exit codes of the process. */
export const EXIT = {
  ok: 0,
  /** The command has run, and found a problem. */
  problems: 1,
  /** The arguments are wrong, and nothing was done. */
  usage: 2,
  /** A database or another file cannot be used. */
  failed: 3,
} as const;

/** A command of the command line. */
export interface Command {
  readonly name: string;
  /** The arguments in the usage line, such as "<database> [options]". */
  readonly takes: string;
  readonly summary: string;
  /** The text of `--help`, without the options. */
  readonly explanation: string;
  readonly options: Options;
  /** How many arguments it takes. */
  readonly least: number;
  readonly most: number;
  /**
   * Whether it may be inside SQLite for minutes, where no signal is handled. It must not write to a database: a signal ends the
   * process at once.
   */
  readonly blocks?: boolean;
  run(call: Call): Promise<number>;
}

/** An option, as `node:util` parses it, and its help text. */
export type Options = Readonly<
  Record<string, NonNullable<ParseArgsConfig["options"]>[string] & { readonly value?: string; readonly help: string }>
>;

/** One call of a command. */
export interface Call {
  readonly args: readonly string[];
  readonly values: Values;
  readonly output: Output;
  readonly progress: Progress;
  /** Aborted by a signal to the process, and when nobody reads the output any longer. */
  readonly signal: AbortSignal;
  /** Prints a message to standard error. */
  say(message: string): void;
}

export type Values = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

/** An error that the user can correct, which is printed without a stack. */
export class CommandLineError extends Error {
  readonly exitCode: number;

  constructor(exitCode: number, message: string, cause?: unknown) {
    super(message, { cause });
    this.exitCode = exitCode;
  }
}

export function usageError(message: string): CommandLineError {
  return new CommandLineError(EXIT.usage, message);
}
