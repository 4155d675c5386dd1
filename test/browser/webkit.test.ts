/** WebKit, as far as Debian has it: this one has no private files that a worker can write to, so events are kept in memory there. */
import { conformanceCases, type ConformanceHarness } from "rivulet/testing";
import { beforeAll, describe, expect, test } from "vitest";
import { countInMatrix } from "../support/count-in-matrix.ts";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import { openSite, type Site } from "../support/site.ts";
import { startWebKit } from "../support/webkit.ts";
import type { Report } from "./pages/conformance-report.ts";

const there = (): never => {
  throw new Error("cases run in the browser");
};

const harnesses: Readonly<Record<string, ConformanceHarness>> = {
  memory: { open: there },
  "sqlite-wasm in memory": { open: there, sql: true, limits: true },
};

/** The time limit for all cases together on a busy machine, in milliseconds. */
const LONGEST_REPORT = 600_000;

describe.skipIf(mayBeLeftOut("webkit"))("in WebKit", () => {
  let site: Site;
  let report: Report;

  async function posted(page: string, features?: readonly string[]): Promise<unknown> {
    const webkit = await startWebKit(site.url(page.replace(/\?.*/, "")) + page.replace(/^[^?]*/, ""), features);
    try {
      return JSON.parse(await Promise.race([site.posted("/report"), webkit.ended]));
    } finally {
      await webkit.close();
    }
  }

  beforeAll(async () => {
    site = await openSite({ pages: ["blocked", "conformance-report"] });
    const query = new URLSearchParams(Object.keys(harnesses).map((name) => ["only", name]));
    report = (await posted(`conformance-report?compiled&${query}`)) as Report;
    return () => site.close();
  }, LONGEST_REPORT);

  for (const [harness, hooks] of Object.entries(harnesses)) {
    describe(harness, () => {
      if (harness !== "memory") countInMatrix("WebKit", "conformance");
      for (const { name } of conformanceCases(hooks)) {
        test(name, () => {
          expect(report[harness]?.[name]).toEqual({});
        });
      }
    });
  }

  test("missing private files are reported, or events are kept in memory if that is allowed", async () => {
    expect(await posted("blocked")).toEqual({
      refused: "storage-unavailable old-browser",
      fallenBack: "memory",
      uncaught: [],
    });
  });

  test("private files that no worker can write to have another reason, and also allow memory", async () => {
    expect(await posted("blocked", ["StorageAPI", "FileSystem", "AccessHandle"])).toEqual({
      refused: "storage-unavailable no-sync-access",
      fallenBack: "memory",
      uncaught: [],
    });
  });
});
