import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startBrowser, type Browser } from "../support/browser.ts";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import { openSite, type Site } from "../support/site.ts";

describe.skipIf(mayBeLeftOut("chromium"))("tabs of one store", () => {
  let site: Site;
  let browser: Browser;

  beforeAll(async () => {
    site = await openSite({ pages: ["tabs"] });
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await site.close();
  });

  async function openTab(name: string): Promise<Page> {
    const page = await browser.open(site.url("tabs"));
    await page.evaluate((options) => window.tab.open(options), { name });
    return page;
  }

  test("two tabs append, and each sees what both did, in order and once", async () => {
    const [one, two] = [await openTab("two"), await openTab("two")];

    await Promise.all([
      one.evaluate(() => window.tab.append("one", 0, 50)),
      two.evaluate(() => window.tab.append("two", 0, 50)),
    ]);

    for (const page of [one, two]) {
      await expect.poll(() => page.evaluate(() => window.tab.seenCount())).toBe(100);
      const seen = await page.evaluate(() => window.tab.seen());
      expect(seen.map(([position]) => position)).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
      for (const stream of ["one", "two"]) {
        expect(seen.filter((event) => event[1] === stream).map(([, , data]) => data)).toEqual(
          Array.from({ length: 50 }, (_, index) => index),
        );
      }
    }
    expect(await one.evaluate(() => window.tab.info())).toMatchObject({ role: "leader", backend: "opfs" });
    expect(await two.evaluate(() => window.tab.info())).toMatchObject({ role: "follower", backend: "opfs" });
    await one.close();
    await two.close();
  });
});
