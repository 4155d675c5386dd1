import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startBrowser, type Browser } from "../support/browser.ts";
import { openCounters, openDemoSite, press } from "../support/demo-page.ts";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import { DESKTOP, PHONE, picture, seriousIn, sticksOut } from "../support/looks.ts";
import type { Site } from "../support/site.ts";

describe.skipIf(mayBeLeftOut("chromium"))("the inspector on the counters page", () => {
  let site: Site;
  let browser: Browser;
  let page: Page;
  const requests: string[] = [];
  const complaints: string[] = [];

  beforeAll(async () => {
    [site, browser] = await Promise.all([openDemoSite(), startBrowser()]);
    page = await openCounters(browser, site.url("index"));
    page.on("request", (request) => requests.push(request.url()));
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    await page.setViewportSize(DESKTOP);
  });
  afterAll(async () => {
    await browser.close();
    await site.close();
  });

  test("a button loads it and opens it at the bottom; it follows what is pressed, and shows states and tables", async () => {
    expect(requests).toEqual([]);
    await press(page, "Inspect");
    const rows = page.getByRole("listbox", { name: "Events, the newest first" }).getByRole("option");
    await expect.poll(() => rows.first().innerText()).toContain("opened");
    await expect
      .poll(() => page.locator("rivulet-inspector").evaluate((one) => getComputedStyle(one).position))
      .toBe("fixed");

    await press(page, "Add 1 to Cups of coffee", 2);
    await expect.poll(() => rows.count()).toBe(3);
    await expect.poll(() => rows.first().innerText()).toContain("incremented");
    await rows.first().click();
    await press(page, "State after it");
    await expect.poll(() => page.locator(".differences").innerText()).toContain('$["counter-cups-of-coffee"].value');
    await page.getByRole("tab", { name: "Read models" }).click();
    await expect
      .poll(() => page.getByRole("region", { name: "Rows of totals" }).innerText())
      .toContain("Cups of coffee");
    await page.getByRole("tab", { name: "Storage" }).click();
    await expect.poll(() => page.getByRole("tabpanel").innerText()).toMatch(/counters 1 tab, the leader/);
    expect(complaints).toEqual([]);
  });

  test("it has no accessibility problems beside the page, is as wide as a phone, and closes", async () => {
    for (const [name, size] of Object.entries({ phone: PHONE, desktop: DESKTOP })) {
      await page.setViewportSize(size);
      await page.getByRole("tab", { name: "Log" }).click();
      expect(await seriousIn(page)).toEqual([]);
      expect(await sticksOut(page)).toBe(0);
      await picture(page, `inspector-docked-${name}`);
    }
    await press(page, "Close the inspector");
    await expect.poll(() => page.locator("rivulet-inspector").count()).toBe(0);
    expect(await page.getByRole("button", { name: "Inspect" }).getAttribute("aria-pressed")).toBe("false");
  });
});
