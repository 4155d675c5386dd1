import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { isRunning } from "../support/children.ts";
import { ROOT } from "../support/run-node.ts";
import { temporaryPath } from "../support/temporary.ts";

const SCRIPT = join(ROOT, ".build/test/support/processes/endless-query.js");

/** Far longer than it takes, in milliseconds: one that hangs is to fail. */
const LONGEST = 100_000;

describe.skipIf(!existsSync("/proc/self/stat"))("while an endless query runs", () => {
  for (const where of ["here", "worker"]) {
    for (const leaving of ["close", "exit", "kill"]) {
      test(`the store stays usable, and nothing delays the end of its process or outlives it: ${where}, ${leaving}`, async () => {
        const run = spawnSync(process.execPath, [SCRIPT, temporaryPath(), where, leaving], {
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
