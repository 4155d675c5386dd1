import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { commandFor, scriptPath } from "../support/child.ts";
import { isRunning } from "../support/children.ts";
import { temporaryPath } from "../support/temporary.ts";

const PLACES = [
  ["better-sqlite3", "here"],
  ["better-sqlite3", "worker"],
  ["node-sqlite", "here"],
  ["node-sqlite in Bun", "here"],
  ["node-sqlite in Deno", "here"],
  ["node-sqlite in Deno", "worker"],
] as const;

/** Far longer than the process takes, in milliseconds, so that only a process that hangs fails. */
const LONGEST = 100_000;

describe.skipIf(!existsSync("/proc/self/stat"))("while an endless query runs", () => {
  for (const [engine, where] of PLACES) {
    for (const leaving of ["close", "exit", "kill"]) {
      test(`the store stays usable, and nothing delays the end of its process or outlives it: ${engine}, ${where}, ${leaving}`, async () => {
        const { command, environment } = commandFor(engine);
        const [program, ...before] = command;
        const run = spawnSync(program, [...before, scriptPath("endless-query"), temporaryPath(), where, leaving], {
          env: { ...process.env, ...environment },
          timeout: LONGEST,
          killSignal: "SIGABRT",
          encoding: "utf8",
        });

        const [first = "{}", ...rest] = run.stdout.trim().split("\n");
        const { children, found } = JSON.parse(first) as { children: number[]; found: unknown };
        expect([run.stderr, run.status, run.signal]).toEqual(
          leaving === "kill" ? ["", null, "SIGKILL"] : ["", 0, null],
        );
        expect(found).toEqual([{ position: 1 }]);
        expect(children.length).toBe(1);
        await expect.poll(() => children.filter(isRunning)).toEqual([]);
        if (leaving === "close") expect(rest).toEqual(["store-closed"]);
      });
    }
  }
});
