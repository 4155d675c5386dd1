import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startBrowser, type Browser } from "../support/browser.ts";
import { addCounter, counterCard, openCounters, openDemoSite, press, valueOf } from "../support/demo-page.ts";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import { DESKTOP, PHONE, picture, seriousIn, sticksOut, THEMES } from "../support/looks.ts";
import type { Site } from "../support/site.ts";

describe.skipIf(mayBeLeftOut("chromium"))("how the page looks and reads", () => {
  let site: Site;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    [site, browser] = await Promise.all([openDemoSite(), startBrowser()]);
    page = await openCounters(browser, site.url("index"));
    await addCounter(page, "Laps");
    await addCounter(page, "Birds seen");
    // The longest names, with and without a place to break.
    await addCounter(page, "x".repeat(40));
    await addCounter(page, "Kilometres that we ran through the rain");
    const long = "x".repeat(40);
    await page.getByLabel(`Step of ${long}`).fill("1000000");
    await press(page, `Take 1000000 from ${long}`, 12);
    await counterCard(page, long).getByText("−12,000,000").waitFor();
    await press(page, "Add 1 to Birds seen", 3);
    await press(page, "Append 10,000 events");
    await page.getByText(/^10,000 events appended/).waitFor();
    await press(page, "Provoke a conflict");
    await page.locator(".story").waitFor();
  });
  afterAll(async () => {
    await browser.close();
    await site.close();
  });

  for (const theme of THEMES) {
    for (const [name, size] of Object.entries({ phone: PHONE, desktop: DESKTOP })) {
      test(`the page has no accessibility problems, now and in the past: ${name}, ${theme}`, async () => {
        await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
        await page.setViewportSize(size);
        await page.bringToFront();

        expect(await seriousIn(page)).toEqual([]);
        await picture(page, `${name}-${theme}`);

        await press(page, "One event back");
        await page.getByText("the past").first().waitFor();
        expect(await seriousIn(page)).toEqual([]);
        await picture(page, `${name}-${theme}-past`);
        await press(page, "Back to now");
      });
    }
  }

  test("nothing overflows, is cut off or wraps within a word at any width from a small phone to a wide screen", async () => {
    for (const width of [320, 360, 390, 480, 640, 735, 768, 992, 1280, 1920]) {
      await page.setViewportSize({ width, height: 800 });
      // The plot takes its new width after the page has.
      await expect.poll(() => sticksOut(page), { message: `at ${width} px` }).toBe(0);
      expect(await page.evaluate(findBroken), `at ${width} px`).toEqual([]);
    }
  });

  test("whatever the log has no room for is shown in full when its row is pressed, or chosen by the keyboard", async () => {
    await page.setViewportSize(PHONE);
    await page.bringToFront();
    await page.getByLabel("Type", { exact: true }).selectOption("opened");
    const types = page.locator(".log-body .type");
    await expect.poll(() => types.allInnerTexts()).toEqual(Array.from({ length: 5 }, () => "opened"));

    await page.locator(".log-body .log-row").nth(1).click();
    const event = page.getByRole("region", { name: /^Event \d+$/ });
    await event.getByText(JSON.stringify({ label: "x".repeat(40) })).waitFor();
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Enter");
    await event.getByText("counter-kilometres-that-we-ran-through-the-rain").waitFor();
    expect(await event.evaluate((one) => one.scrollWidth - one.clientWidth)).toBe(0);
    await press(page, "Close this event");
    expect(await focused(page)).toMatch(/^Event \d+ in full$/);

    await page.getByLabel("Type", { exact: true }).selectOption("");
  });

  test("the keyboard reaches everything in reading order, and can count", async () => {
    await page.setViewportSize(DESKTOP);
    const positive = await page.evaluate(
      () =>
        [...document.querySelectorAll("[tabindex]")].filter((one) => Number(one.getAttribute("tabindex")) > 0).length,
    );
    expect(positive).toBe(0);
    await page.bringToFront();
    await page.getByRole("button", { name: "Add 1 to Laps" }).focus();

    await page.keyboard.press("Enter");
    await page.keyboard.press("Space");
    await expect.poll(() => valueOf(page, "Laps")).toBe("2");
    await page.keyboard.press("Tab");
    expect(await focused(page)).toBe("Undo in Laps");
    await page.getByLabel("Travel through time").focus();
    await page.keyboard.press("ArrowLeft");

    await expect.poll(() => valueOf(page, "Laps")).toBe("1");
    await press(page, "Back to now");
  });

  test("a chosen theme stays, and is applied before the application's script is loaded", async () => {
    await page.emulateMedia({ colorScheme: "light" });
    const paper = (): Promise<string> => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await paper();
    await press(page, "Dark theme");
    const dark = await paper();
    expect(dark).not.toBe(light);

    await page.route(/index-.*\.js$/, () => undefined);
    await page.reload({ waitUntil: "commit" });
    await expect.poll(paper).toBe(dark);
    await page.unrouteAll({ behavior: "ignoreErrors" });
    await page.reload();
    await counterCard(page, "Laps").waitFor();
    await press(page, "Light theme");
    expect(await paper()).toBe(light);
  });

  test("the page works under a policy that allows only its own scripts, without a violation", async () => {
    const complaints: string[] = [];
    const fresh = await browser.open();
    fresh.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
    await fresh.goto(site.url("index"));
    await counterCard(fresh, "Laps").waitFor();
    await fresh.locator(".log-body .position").first().waitFor();

    expect(await fresh.locator("meta[http-equiv=Content-Security-Policy]").getAttribute("content")).toContain(
      "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:;",
    );
    expect(complaints).toEqual([]);
  });
});

/** Runs in the page: finds names, numbers, code and rows of the log that are cut off, and pills of more than one line. */
function findBroken(): string[] {
  const all = (selector: string): HTMLElement[] => [...document.querySelectorAll<HTMLElement>(selector)];
  const cut = all(".card h3, .value, .value .number, .sample, .shell, .log-row").filter(
    (one) => one.scrollWidth > one.clientWidth + 1,
  );
  const wrapped = all(".badge, .choice span, .pending-mark").filter(
    (one) => one.clientHeight > 2 * parseFloat(getComputedStyle(one).fontSize) * 1.5,
  );
  return [...cut, ...wrapped].map(({ className, innerText }) => `${className}: ${innerText}`);
}

function focused(page: Page): Promise<string | null | undefined> {
  return page.evaluate(() => document.activeElement?.getAttribute("aria-label"));
}
