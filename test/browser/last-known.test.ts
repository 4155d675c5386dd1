import type { Page } from "playwright-core";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startBrowser, type Browser } from "../support/browser.ts";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import { openSite, type Site } from "../support/site.ts";

describe.skipIf(mayBeLeftOut("chromium"))("in Chromium", () => {
  let site: Site;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    site = await openSite({ pages: ["last-known"] });
    browser = await startBrowser();
    return async () => {
      await browser.close();
      await site.close();
    };
  });

  beforeEach(async () => {
    site.answer = undefined;
    page = await browser.open();
    return () => page.close();
  });

  async function shows(items: readonly string[], what: string): Promise<void> {
    await expect.poll(() => page.locator("p").textContent()).toBe(what);
    expect(await page.locator("li").allTextContents()).toEqual(items);
  }

  /** Visits the page, which writes only once an hour, and when it is left. */
  async function visit(): Promise<void> {
    await page.goto("about:blank");
    await page.goto(`${site.url("last-known")}#3600000`);
  }

  test("a state that was left is shown before a worker or WebAssembly is loaded, until the store is open; destroying the store removes it", async () => {
    await visit();
    await shows([], "live");
    await page.evaluate(() => window.known.append("milk"));
    await shows(["milk"], "live");

    let release = (): void => undefined;
    const released = new Promise<undefined>((resolve) => (release = () => resolve(undefined)));
    const held: string[] = [];
    site.answer = (path) => {
      const [, kind] = /(worker|\.wasm$)/.exec(path) ?? [];
      if (kind === undefined) return undefined;
      held.push(kind);
      return released.then(() => site.bytes(path));
    };
    await visit();
    await shows(["milk"], "last known");
    await expect.poll(() => held).toEqual(["worker"]);
    release();
    await shows(["milk"], "live");
    expect(await page.evaluate(() => window.known.isFirst())).toBe(true);

    await page.evaluate(() => window.known.destroy());
    await expect.poll(() => page.evaluate(() => localStorage.length)).toBe(0);
    await visit();
    expect(await page.evaluate(() => window.known.first)).toBeUndefined();
  });

  test("where the browser denies a page its storage, that is told, and nothing is known", async () => {
    // Such a page has no origin, so its scripts have to be for all.
    const headers = { "content-security-policy": "sandbox allow-scripts", "access-control-allow-origin": "*" };
    site.answer = (path) => (/\.(html|js)$/.test(path) ? site.file(path, headers) : undefined);
    await page.goto(site.url("last-known"));
    await expect.poll(() => page.evaluate(() => window.known.errors())).toEqual(["SecurityError"]);
    await shows([], "");
  });
});
