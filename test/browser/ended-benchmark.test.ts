/** A benchmark or test run that is ended by a signal leaves no browser behind, nor its profile. */
import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { childrenOf, groupOf, isRunning } from "../support/children.ts";
import { startProcess } from "../support/child.ts";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import { ROOT } from "../support/run-node.ts";
import { temporaryFolder } from "../support/temporary.ts";

/** Takes minutes, and starts a browser first. */
const BENCHMARK = [".build/test/bench/index.js", "--only", "browser/growth"];

describe.skipIf(mayBeLeftOut("chromium"))("a benchmark that has started a browser", () => {
  test.each(["SIGTERM", "SIGINT", "SIGKILL"] as const)("ends it when %s ends the benchmark", async (signal) => {
    const folder = temporaryFolder();
    const benchmark = startProcess(process.execPath, BENCHMARK, ROOT, { TMPDIR: folder });
    const browsers = (): number[] => childrenOf(benchmark.pid).filter((child) => childrenOf(child).length > 1);
    await expect.poll(browsers, { timeout: 100_000 }).toHaveLength(1);
    const [browser] = browsers() as [number];
    expect(groupOf(browser)).toBe(browser);
    expect(readdirSync(folder).some((name) => name.startsWith("rivulet-chromium-"))).toBe(true);

    benchmark.interrupt(signal);
    await benchmark.ended;

    await expect.poll(() => isRunning(browser)).toBe(false);
    // After SIGKILL, the benchmark's own folder stays. Chromium's temporary files are its own.
    const ours = signal === "SIGKILL" ? "rivulet-chromium-" : "rivulet-";
    const left = (): string[] => readdirSync(folder).filter((name) => name.startsWith(ours));
    await expect.poll(left).toEqual([]);
  });
});
