import { launch, type Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { openDemoSite } from "../support/demo-page.ts";
import { mayBeLeftOut, pathOf } from "../support/installed-browsers.ts";
import type { Site } from "../support/site.ts";

describe.skipIf(mayBeLeftOut("firefox"))("the page in Firefox", () => {
  let site: Site;

  beforeAll(async () => {
    site = await openDemoSite();
  });
  afterAll(() => site.close());

  test("it opens with private files, counts, and has the same counts after a reload", async () => {
    const browser = await launch({ browser: "firefox", executablePath: pathOf("firefox"), headless: true });
    onTestFinished(() => browser.close());
    const page = await browser.newPage();
    await page.goto(site.url("index"));
    await valueBecomes(page, "0");

    await page.locator('button[aria-label="Add 1 to Cups of coffee"]').click();
    await valueBecomes(page, "1");
    await page.locator('button[aria-label="Add 1 to Cups of coffee"]').click();
    await valueBecomes(page, "2");
    await page.locator('button[aria-label="Undo in Cups of coffee"]').click();
    await valueBecomes(page, "1");
    await page.reload();

    await valueBecomes(page, "1");
    await expect.poll(() => page.$eval(".facts", (facts) => facts.textContent)).toContain("OPFS");
    await expect
      .poll(() => page.$$eval(".log-body .type", (types) => types.map((type) => type.textContent)))
      .toEqual(["undone", "incremented", "incremented", "opened"]);
  });
});

async function valueBecomes(page: Page, value: string): Promise<void> {
  await page.waitForFunction((wanted) => document.querySelector(".value .number")?.textContent === wanted, {}, value);
}
