import { conformanceCases, type ConformanceHarness } from "rivulet/testing";
import type { Page } from "playwright-core";
import { beforeAll, describe, test } from "vitest";
import { startBrowser } from "../support/browser.ts";
import { countInMatrix } from "../support/count-in-matrix.ts";
import { startFirefox } from "../support/firefox.ts";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import { openSite } from "../support/site.ts";
import type { Report } from "./pages/conformance-report.ts";

/** Used only for the names of the cases, which run in the page. */
const there = (): never => {
  throw new Error("cases run in the browser");
};

const harnesses: Readonly<Record<string, ConformanceHarness>> = {
  memory: { open: there },
  "sqlite-wasm in memory": { open: there, sql: true, limits: true },
  "sqlite-wasm": { open: there, reopen: there, alongside: there, sql: true, limits: true },
};

/** The time limit for all cases together on a busy machine, in milliseconds. */
const LONGEST_REPORT = 600_000;

describe.skipIf(mayBeLeftOut("chromium"))("in Chromium", () => {
  let page: Page;
  countInMatrix("Chromium", "conformance");

  beforeAll(async () => {
    const site = await openSite({ pages: ["conformance"] });
    const browser = await startBrowser();
    page = await browser.open(site.url("conformance"));
    return async () => {
      await browser.close();
      await site.close();
    };
  });

  testEach((harness, name) => page.evaluate((args) => window.runCase(...args), [harness, name] as const));
});

describe.skipIf(mayBeLeftOut("firefox"))("in Firefox", () => {
  let report: Report;
  countInMatrix("Firefox", "conformance");

  beforeAll(async () => {
    const site = await openSite({ pages: ["conformance-report"] });
    const firefox = startFirefox(site.url("conformance-report"));
    try {
      report = JSON.parse(await Promise.race([site.posted("/report"), firefox.ended])) as Report;
    } finally {
      await firefox.close();
      await site.close();
    }
  }, LONGEST_REPORT);

  testEach(async (harness, name) => {
    const outcome = report[harness]?.[name];
    if (outcome === undefined) throw new Error("it was not run");
    if (outcome.error !== undefined) throw new Error(outcome.error);
  });
});

function testEach(run: (harness: string, name: string) => Promise<void>): void {
  for (const [harness, hooks] of Object.entries(harnesses)) {
    describe(harness, () => {
      for (const { name } of conformanceCases(hooks)) test.concurrent(name, () => run(harness, name));
    });
  }
}
