import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { startProcess, type Child } from "./child.ts";
import { ROOT } from "./run-node.ts";

/** The script that the command is. */
export const commandLine: string = join(ROOT, "dist/adapters/command-line/main.js");

interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

/** Runs the command line to its end, as a process of its own, with something piped in. */
export function rivulet(args: readonly string[], input = ""): Ended {
  return runToEnd(process.execPath, [commandLine, ...args], input);
}

/** Runs it to an end that is to be good, and gives the lines that it prints, each as its fields. */
export function fieldsOf(...args: readonly string[]): string[][] {
  const { code, output, errors } = rivulet(args);
  if (code !== 0) throw new Error(`rivulet ${args.join(" ")} ended with ${code}: ${errors}`);
  return output
    .split("\n")
    .slice(0, -1)
    .map((line) => line.split("\t"));
}

/** A line for the shell, in which "rivulet" is the command line. */
export function shell(line: string): Ended {
  const script = `set -o pipefail; rivulet() { "${process.execPath}" "${commandLine}" "$@"; }; ${line}`;
  return runToEnd("bash", ["-c", script]);
}

/** Starts it, for a command that does not end by itself. */
export function startRivulet(...args: readonly string[]): Child {
  return startProcess(process.execPath, [commandLine, ...args]);
}

/** Runs it in front of a terminal, and gives everything that the terminal is told. */
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
