import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { guardGroup } from "./guarded-group.ts";

/** A browser that shows one page; the page posts its results to its server. */
export interface ShownBrowser {
  /** Rejects with the browser's output if it ends by itself. */
  readonly ended: Promise<never>;
  /** The group of its processes. */
  readonly group: number;
  /** Kills every process of the browser at once, and keeps the profile. */
  kill(): Promise<void>;
  /** Ends the browser, and removes the profile. */
  close(): Promise<void>;
}

export interface Showing {
  readonly program: string;
  readonly args: readonly string[];
  /** The folder of the profile, also the browser's home. */
  readonly profile: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Starts a browser. `name` is for error messages. */
export function showBrowser(name: string, { program, args, profile, environment = {} }: Showing): ShownBrowser {
  // Started as the leader of a process group, so that its content processes are killed with it.
  const child = spawn(program, args, {
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, ...environment, HOME: profile },
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-5_000)));
  const exited = new Promise<void>((resolve) => {
    child.once("error", () => resolve());
    child.once("exit", () => resolve());
  });
  const kill = (): void => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
      process.kill(-child.pid, "SIGKILL");
  };
  const release = child.pid === undefined ? undefined : guardGroup(child.pid, profile);
  const ended = exited.then((): never => {
    throw new Error(`${name} ended by itself:\n${said}`);
  });
  // Closing it on purpose is not an error.
  ended.catch(() => undefined);

  const end = async (): Promise<void> => {
    kill();
    await exited;
    release?.();
  };

  return {
    ended,
    group: child.pid ?? Number.NaN,
    kill: end,
    async close() {
      await end();
      rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
    },
  };
}
