import { conformanceCases, type ConformanceHarness } from "rivulet/testing";
import type { Page } from "playwright-core";
import { beforeAll, describe, test } from "vitest";
import { startBrowser } from "../support/browser.ts";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import { openSite } from "../support/site.ts";

/** For the names of the cases only: they run in the page. */
const absent = (): never => {
  throw new Error("cases run in the browser");
};

const harnesses: Readonly<Record<string, ConformanceHarness>> = {
  memory: { open: absent },
};

describe.skipIf(mayBeLeftOut("chromium"))("in Chromium", () => {
  let page: Page;

  beforeAll(async () => {
    const site = await openSite({ pages: ["conformance"] });
    const browser = await startBrowser();
    page = await browser.open(site.url("conformance"));
    return async () => {
      await browser.close();
      await site.close();
    };
  });

  for (const [harness, hooks] of Object.entries(harnesses)) {
    describe(harness, () => {
      for (const { name } of conformanceCases(hooks)) {
        test(name, () => page.evaluate((args) => window.conformance.run(...args), [harness, name] as const));
      }
    });
  }
});
