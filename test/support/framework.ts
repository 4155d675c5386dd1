import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { installExactly, type Dependencies } from "./build-tools.ts";
import { unpackInto } from "./packed.ts";

interface NewProject {
  readonly dependencies: Dependencies;
  /** The files of the application, by path. */
  readonly files: Readonly<Record<string, string>>;
  /** The program that runs the framework's scripts. */
  readonly node: string;
}

/** A fresh project outside this repository: a framework, the packed package, and an application. */
export interface Project {
  /** Runs a script to its end. */
  run(script: string, ...args: readonly string[]): Promise<void>;
  /** Runs a script during the test; resolves with the address that it prints, once that answers. */
  serve(script: string, ...args: readonly string[]): Promise<string>;
  remove(): void;
}

/** Whose servers take no arguments, listen on a free port of this machine. */
const SETTINGS = {
  HOST: "127.0.0.1",
  PORT: "0",
  NO_COLOR: "1",
  NEXT_TELEMETRY_DISABLED: "1",
  NUXT_TELEMETRY_DISABLED: "1",
};

export function startProject({ dependencies, files, node }: NewProject): Project {
  const folder = mkdtempSync(join(tmpdir(), "rivulet-project-"));
  installExactly(folder, dependencies);
  unpackInto(folder);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return {
    async run(...args) {
      const { ended, output } = start(node, args, folder);
      if ((await ended) !== 0) throw new Error(`${args.join(" ")} failed:\n${output()}`);
    },
    async serve(...args) {
      const server = start(node, args, folder);
      const gone = server.ended.then(() => Promise.reject(new Error(`${args.join(" ")} ended:\n${server.output()}`)));
      const answering = server.address.then(untilAnswering);
      return Promise.race([answering, gone]);
    },
    remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }),
  };
}

interface Running {
  /** Resolves with the exit code. */
  readonly ended: Promise<number | null>;
  /** Resolves with the first address in its output. */
  readonly address: Promise<string>;
  /** Everything that it has printed. */
  output(): string;
}

/** Starts a process, without the test runner's variables, that is killed after the test with those that it started. */
function start(node: string, args: readonly string[], cwd: string): Running {
  const { PATH = "", HOME = "" } = process.env;
  const child = spawn(node, args, {
    cwd,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH, HOME, ...SETTINGS },
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  onTestFinished(async () => {
    killGroup(child);
    await ended;
  });
  let output = "";
  const address = new Promise<string>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text;
        const [found] = /http:\/\/[\w.]+:\d+/.exec(output) ?? [];
        if (found !== undefined) resolve(found);
      });
    }
  });
  return { ended, address, output: () => output };
}

function killGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  } catch {
    // All of them have ended.
  }
}

/** A development server may answer with a page of its own until it has built the application. */
async function untilAnswering(url: string): Promise<string> {
  await expect.poll(() => fetch(url).then(({ ok }) => ok), { timeout: 300_000 }).toBe(true);
  return url;
}
