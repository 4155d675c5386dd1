import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { startProcess, type Child } from "./child.ts";
import { ROOT } from "./run-node.ts";

/** The script of the command. */
export const commandLine: string = join(ROOT, "dist/adapters/command-line/main.js");

interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

/** Runs the command line in a separate process until it ends, with the given standard input. */
export function rivulet(args: readonly string[], input = ""): Ended {
  return runToEnd(process.execPath, [commandLine, ...args], input);
}

/** Runs a command that has to succeed, and returns the lines that it prints, split into fields. */
export function fieldsOf(...args: readonly string[]): string[][] {
  const { code, output, errors } = rivulet(args);
  if (code !== 0) throw new Error(`rivulet ${args.join(" ")} ended with ${code}: ${errors}`);
  return output
    .split("\n")
    .slice(0, -1)
    .map((line) => line.split("\t"));
}

/** Runs a shell command in which "rivulet" is the command line. */
export function shell(line: string): Ended {
  const script = `set -o pipefail; rivulet() { "${process.execPath}" "${commandLine}" "$@"; }; ${line}`;
  return runToEnd("bash", ["-c", script]);
}

/** Starts a command that does not end by itself. */
export function startRivulet(...args: readonly string[]): Child {
  return startProcess(process.execPath, [commandLine, ...args]);
}

/** Runs it on a terminal, and returns everything that the terminal receives. */
export function onTerminal(line: string): Ended {
  const command = line.replace("rivulet", `"${process.execPath}" "${commandLine}"`);
  return runToEnd("script", ["-qec", command, "/dev/null"]);
}

function runToEnd(command: string, args: readonly string[], input = ""): Ended {
  const options = { encoding: "utf8", input, maxBuffer: 1 << 28 } as const;
  const { error, status, stdout, stderr } = spawnSync(command, args, options);
  if (error !== undefined) throw error;
  return { code: status, output: stdout, errors: stderr };
}
