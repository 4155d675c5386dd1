import { launch, type Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { openDemoSite, startDemoService } from "../support/demo-page.ts";
import { mayBeLeftOut, pathOf } from "../support/installed-browsers.ts";
import type { Site } from "../support/site.ts";
import { temporaryPath } from "../support/temporary.ts";

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

  test("it shares counters with others, and what is pressed offline is pending over a reload", async () => {
    const service = await startDemoService(temporaryPath(), site.folder);
    onTestFinished(() => service.stop());
    const browser = await launch({ browser: "firefox", executablePath: pathOf("firefox"), headless: true });
    onTestFinished(() => browser.close());
    const page = await browser.newPage();
    await page.goto(service.url);
    await valueBecomes(page, "0");
    await page.locator('input[value="shared"]').click();
    await stateBecomes(page, "Live");
    await press(7);
    await valueBecomes(page, "7");

    await page.locator(".switch input").click();
    await stateBecomes(page, "Offline");
    await page.locator('button[aria-label="Add 1 to Cups of coffee"]').click();
    await valueBecomes(page, "8");
    await page.waitForSelector(".pending-mark");
    await press(20);
    await page.reload();
    await valueBecomes(page, "8");
    await page.waitForSelector(".pending-mark");
    await page.locator(".switch input").click();

    await valueBecomes(page, "28");
    await page.waitForSelector(".pending-mark", { hidden: true });

    async function press(by: number): Promise<void> {
      const command = { type: "add", stream: "counter-cups-of-coffee", by };
      await fetch(`${service.url}api/run`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ command, tab: "a program" }),
      });
    }
  });
});

async function valueBecomes(page: Page, value: string): Promise<void> {
  await page.waitForFunction((wanted) => document.querySelector(".value .number")?.textContent === wanted, {}, value);
}

async function stateBecomes(page: Page, title: string): Promise<void> {
  await page.waitForFunction(
    (wanted) => document.querySelector(".sharing-state strong")?.textContent === wanted,
    {},
    title,
  );
}
