import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startBrowser, type Browser } from "../support/browser.ts";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import { openSite, type Site } from "../support/site.ts";

const KILLS = 6;

describe.skipIf(mayBeLeftOut("chromium"))("a browser that is killed", () => {
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

  test(`loses nothing that was acknowledged, ${KILLS} times in the middle of two tabs' appends`, async () => {
    const acknowledged = new Map<string, number>();
    let before: readonly unknown[] = [];

    for (let round = 0; round < KILLS; round++) {
      const pages = [await browser.open(site.url("tabs")), await browser.open(site.url("tabs"))];
      for (const page of pages) await page.evaluate(() => window.tab.open({ name: "killed" }, false));
      const told = pages.map((page, index) => {
        const stream = `${round}-${index}`;
        page.on("console", (message) => acknowledged.set(stream, Number(message.text())));
        page.evaluate((args) => window.tab.appendAloud(...args), [stream, 0, 100_000] as const).catch(() => undefined);
        return stream;
      });
      await expect.poll(() => told.every((stream) => (acknowledged.get(stream) ?? 0) > 20 + 7 * round)).toBe(true);
      await browser.kill();
      await browser.start();

      const page = await browser.open(site.url("tabs"));
      await page.evaluate(() => window.tab.open({ name: "killed" }, false));
      const stored = await page.evaluate(() => window.tab.read());
      expect(stored.map(([position]) => position)).toEqual(stored.map((_, index) => index + 1));
      expect(stored.slice(0, before.length)).toEqual(before);
      for (const [stream, last] of acknowledged) {
        const numbers = stored.filter((event) => event[1] === stream).map(([, , data]) => data as number);
        expect(numbers).toEqual(numbers.map((_, index) => index));
        expect(numbers.length).toBeGreaterThan(last);
      }
      before = stored;
      await page.close();
    }
  });
});
