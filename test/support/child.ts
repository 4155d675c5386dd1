import { spawn, type ChildProcessByStdio } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import type { EngineName } from "./given-engine.ts";
import { commandOf, withBetterSqlite3 } from "./runtimes.ts";

/** The exit and the output of a process. */
interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly lines: readonly string[];
  readonly errors: string;
}

/** A process that runs during a test, and is killed after it. */
export interface Child {
  /**
   * Resolves with the first line of output with this beginning, including earlier lines; rejects if the process ends
   * without one.
   */
  line(start: string): Promise<string>;
  /** Calls back with every later line as it arrives. */
  onLine(listener: (line: string) => void): void;
  send(line: string): void;
  kill(): void;
  /** Sends SIGINT, as Ctrl+C does, or another signal. */
  interrupt(signal?: NodeJS.Signals): void;
  readonly pid: number;
  readonly ended: Promise<Ending>;
}

/** Runs a compiled script of `test/support/processes` in Node, as an application would. */
export function startScript(name: string, ...args: readonly (string | number)[]): Child {
  return startProcess(process.execPath, [scriptPath(name), ...args.map(String)]);
}

/** How a script is run with an engine: the command, and what else it finds in its environment. */
export interface EngineCommand {
  readonly command: readonly [program: string, ...args: string[]];
  readonly environment: Readonly<Record<string, string>>;
}

/** Returns the command that runs a script with an engine, in a runtime that has it. */
export function commandFor(engine: EngineName): EngineCommand {
  const environment = { RIVULET_ENGINE: engine };
  // It is compiled for this Node, which may lack `node:sqlite`.
  if (engine === "better-sqlite3") return { command: [process.execPath], environment };
  if (engine === "better-sqlite3 in Node 24") {
    return { command: commandOf("Node 24"), environment: { ...environment, NODE_OPTIONS: withBetterSqlite3() } };
  }
  return { command: commandOf(RUNTIMES[engine]), environment };
}

const RUNTIMES = {
  "node-sqlite": "Node 24",
  "node-sqlite in Node 22": "Node 22",
  "node-sqlite in Bun": "Bun",
  "node-sqlite in Deno": "Deno",
} as const;

/** Runs a script with an engine, in a runtime that has it. */
export function startScriptOn(engine: EngineName, name: string, ...args: readonly (string | number)[]): Child {
  const { command, environment } = commandFor(engine);
  const [program, ...before] = command;
  return startProcess(program, [...before, scriptPath(name), ...args.map(String)], process.cwd(), environment);
}

/** Leaves out that Node 22 still calls its SQLite experimental, once in each thread. */
export function withoutWarnings(errors: string): string {
  return errors.replaceAll(/^\(.*(ExperimentalWarning|--trace-warnings).*\n/gm, "");
}

/** Returns the path of a compiled script of `test/support/processes`. */
export function scriptPath(name: string): string {
  return fileURLToPath(new URL(`../../.build/test/support/processes/${name}.js`, import.meta.url));
}

export function startProcess(
  command: string,
  args: readonly string[],
  cwd: string = process.cwd(),
  environment: Readonly<Record<string, string>> = {},
): Child {
  const child = spawnProcess(command, args, cwd, environment);
  onTestFinished(async () => {
    child.kill();
    await child.ended;
  });
  return child;
}

/** Starts a process that several tests share. The caller has to kill it. */
export function spawnProcess(
  command: string,
  args: readonly string[],
  cwd: string,
  environment: Readonly<Record<string, string>> = {},
): Child {
  const child = spawn(command, args, { cwd, env: { ...process.env, ...environment }, stdio: ["pipe", "pipe", "pipe"] });
  const lines: string[] = [];
  const listeners = new Set<(line: string) => void>();
  let errors = "";
  // Writing to a process that has just been killed is not an error of the test.
  child.stdin.on("error", (error) => (errors += error.message));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  const read = new Promise<void>((resolve) => {
    const reader = createInterface({ input: child.stdout });
    reader.on("close", resolve);
    reader.on("line", (line) => {
      lines.push(line);
      for (const listener of listeners) listener(line);
    });
  });
  const ended = (async (): Promise<Ending> => {
    const [code, signal] = await exit(child);
    await read;
    return { code, signal, lines, errors };
  })();
  // Where it cannot be started, whoever waits for a line or for its end is told.
  ended.catch(() => undefined);

  return {
    ended,
    line: (start) =>
      new Promise((resolve, reject) => {
        const take = (line: string): void => {
          if (line.startsWith(start)) resolve(line);
        };
        listeners.add(take);
        lines.forEach(take);
        ended.then(() => reject(new Error(`no line "${start}" came before the end: ${errors}`)), reject);
      }),
    onLine: (listener) => void listeners.add(listener),
    send: (line) => void child.stdin.write(`${line}\n`),
    kill: () => void child.kill("SIGKILL"),
    interrupt: (signal = "SIGINT") => void child.kill(signal),
    pid: child.pid ?? 0,
  };
}

function exit(
  child: ChildProcessByStdio<Writable, Readable, Readable>,
): Promise<[number | null, NodeJS.Signals | null]> {
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve([code, signal]));
  });
}
