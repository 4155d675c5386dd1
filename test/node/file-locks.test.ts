import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { commandFor, scriptPath, withoutWarnings } from "../support/child.ts";
import { ENGINES } from "../support/odd-files.ts";
import { temporaryFolder } from "../support/temporary.ts";

const canTrace = spawnSync("strace", ["-o", "/dev/null", "true"]).status === 0;

/**
 * A process that closes a file loses its locks on it, also those of SQLite
 * (https://sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_).
 */
test.skipIf(!canTrace).each(ENGINES)("only SQLite opens the files of a watched store: %s", (engine) => {
  const folder = temporaryFolder();
  const trace = join(folder, "trace");
  const { command, environment } = commandFor(engine);
  const traced = ["-f", "-qq", "-o", trace, "-e", "trace=open,openat", ...command];
  const { status, stderr } = spawnSync(
    "strace",
    [...traced, scriptPath("watch-another-store"), join(folder, "events.db")],
    { encoding: "utf8", env: { ...process.env, ...environment } },
  );
  expect({ status, errors: withoutWarnings(stderr) }).toEqual({ status: 0, errors: "" });

  const opened = readFileSync(trace, "utf8")
    .split("\n")
    .filter((line) => line.includes("/events.db"));
  // SQLite follows no links. A file that was opened as a path only (O_PATH) has no locks.
  expect(opened.filter((line) => !/O_NOFOLLOW|O_PATH/.test(line))).toEqual([]);
  expect(opened.length).toBeGreaterThan(4);
});
