import type { ParseArgsConfig } from "node:util";
import type { Output } from "./output.ts";
import type { Progress } from "./progress.ts";

/** How a command ends: the exit codes of the process. */
export const EXIT = {
  ok: 0,
  /** The command did its work, and found something wrong. */
  problems: 1,
  /** It was asked for wrongly, and did nothing. */
  usage: 2,
  /** A database or another file cannot be used. */
  failed: 3,
} as const;

/** One of the things that the command line can do. */
export interface Command {
  readonly name: string;
  /** What stands behind its name, such as "<database> [options]". */
  readonly takes: string;
  readonly summary: string;
  /** All that `--help` says, beside the options. */
  readonly explanation: string;
  readonly options: Options;
  /** How many arguments it takes. */
  readonly least: number;
  readonly most: number;
  run(call: Call): Promise<number>;
}

/** An option as `node:util` parses it, and what help says of it. */
export type Options = Readonly<
  Record<string, NonNullable<ParseArgsConfig["options"]>[string] & { readonly value?: string; readonly help: string }>
>;

/** One call of a command. */
export interface Call {
  readonly args: readonly string[];
  readonly values: Values;
  readonly output: Output;
  readonly progress: Progress;
  /** Aborted when the process is told to end, or nobody reads what it prints. */
  readonly signal: AbortSignal;
  /** Says something to whoever sits there, beside the output. */
  say(message: string): void;
}

export type Values = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

/** Something that the user can put right; told without a stack. */
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
