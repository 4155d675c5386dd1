import { messageOf } from "../../src/adapter.ts";
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { isEventStoreError } from "../../src/index.ts";
import { CommandLineError, EXIT, usageError, type Command } from "./command.ts";
import { copyCommand } from "./copy.ts";
import { eventsCommand } from "./events.ts";
import { exportCommand } from "./export.ts";
import { helpFor, overview } from "./help.ts";
import { importCommand } from "./import.ts";
import { inspectCommand } from "./inspect.ts";
import { createOutput, OutputGone } from "./output.ts";
import { withoutPasswords } from "./postgres.ts";
import { createProgress } from "./progress.ts";
import { serveCommand } from "./serve.ts";
import { statsCommand } from "./stats.ts";
import { streamsCommand } from "./streams.ts";
import { count, oneLine, printable } from "./text.ts";
import { verifyCommand } from "./verify.ts";

const COMMANDS: readonly Command[] = [
  streamsCommand,
  eventsCommand,
  statsCommand,
  verifyCommand,
  exportCommand,
  importCommand,
  copyCommand,
  serveCommand,
  inspectCommand,
];

/** The exit codes that shells use: 128 plus the number of the signal. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

/** How long a command may take to end after a signal, in milliseconds. */
const GRACE = 500;

/** The process was ended by a signal. */
class Interrupted extends Error {
  readonly exitCode: number;

  constructor(exitCode: number) {
    super("interrupted");
    this.exitCode = exitCode;
  }
}

/** Runs a command and resolves with its exit code. Errors were printed by then. */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  const stop = new AbortController();
  const output = createOutput(process.stdout, (error) => stop.abort(error));
  const progress = createProgress(process.stderr);
  const say = (message: string): void => {
    progress.clear();
    process.stderr.write(`rivulet: ${printable(oneLine(withoutPasswords(message)))}\n`);
  };

  try {
    const command = COMMANDS.find(({ name }) => name === args[0]);
    if (command === undefined) return await runWithout(args, (text) => output.write(text));
    const { values, positionals } = parse(command, args.slice(1));
    if (values["help"] === true) {
      await output.write(helpFor(command));
      return EXIT.ok;
    }
    checkCount(command, positionals);
    // Without a listener, a signal ends the process even while it is inside SQLite.
    if (command.blocks !== true) onSignals((code) => stop.abort(new Interrupted(code)));
    const running = command.run({ args: positionals, values, output, progress, signal: stop.signal, say });
    return await Promise.race([running, whenOverdue(stop.signal)]);
  } catch (error) {
    return explain(error, say);
  } finally {
    progress.clear();
    await Promise.race([output.end(), whenOverdue(stop.signal).catch(() => undefined)]);
  }
}

/**
 * Rejects with the signal's reason some time after it is aborted, because a command may wait for ever, such as for a lock or a reader
 * that has stopped reading.
 */
function whenOverdue(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const wait = (): void => void setTimeout(() => reject(signal.reason), GRACE);
    if (signal.aborted) wait();
    else signal.addEventListener("abort", wait, { once: true });
  });
}

function onSignals(task: (exitCode: number) => void): void {
  for (const [name, code] of Object.entries(SIGNALS)) process.once(name, () => task(code));
}

/** Handles the options without a command. */
async function runWithout([first]: readonly string[], write: (text: string) => Promise<void>): Promise<number> {
  if (first === "--version") await write(`${version()}\n`);
  else if (first === "--help" || first === "-h" || first === "help") await write(overview(COMMANDS));
  else if (first === undefined) throw usageError("give a command: rivulet --help lists them");
  else throw usageError(`there is no command "${first}": rivulet --help lists them`);
  return EXIT.ok;
}

function parse(
  command: Command,
  args: readonly string[],
): Pick<ReturnType<typeof parseArgs>, "values" | "positionals"> {
  const options = { ...command.options, help: { type: "boolean", short: "h" } } as const;
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    // Node's explanations have several lines.
    throw usageError(
      `${messageOf(error).replaceAll(/\.?\n/g, ". ").replace(/\.$/, "")}. See rivulet ${command.name} --help`,
    );
  }
}

function checkCount({ name, takes, least, most }: Command, args: readonly string[]): void {
  if (args.length >= least && args.length <= most) return;
  throw usageError(`usage: rivulet ${name} ${takes}`);
}

/** Prints an error and returns its exit code. */
function explain(error: unknown, say: (message: string) => void): number {
  // The reader, such as `head`, has closed the output.
  if (error instanceof OutputGone) return EXIT.ok;
  if (error instanceof Interrupted) return error.exitCode;
  if (error instanceof CommandLineError) {
    say(error.message);
    return error.exitCode;
  }
  if (isEventStoreError(error)) {
    say(`${error.message} (${error.code})`);
    if (error.code === "invalid-argument") return EXIT.usage;
    if (error.code !== "import-failed") return EXIT.failed;
    const { imported, deduplicated } = error.details.result;
    say(
      `${count(imported + deduplicated, "event")} before it stored, none after it: correct the line, and import again`,
    );
    return EXIT.problems;
  }
  const [message, ...stack] = unexpected(error);
  say(message);
  for (const line of stack) process.stderr.write(`${printable(withoutPasswords(line))}\n`);
  return EXIT.failed;
}

/** The message of an error, and the lines of its stack if it is a bug. */
function unexpected(error: unknown): readonly [message: string, ...stack: string[]] {
  try {
    const { code, stack } = Object(error) as { code?: unknown; stack?: unknown };
    // Messages of the system about files are clear. Any other error is a bug, and needs its stack.
    if (typeof code !== "string" && typeof stack === "string") {
      const start = stack.search(/\n +at /);
      return start < 0 ? [stack] : [stack.slice(0, start), ...stack.slice(start + 1).split("\n")];
    }
  } catch {
    // Any value may be thrown, even one whose properties cannot be read.
  }
  return [messageOf(error)];
}

function version(): string {
  const text = readFileSync(new URL("../../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
