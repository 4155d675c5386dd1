import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { startBrowser, type Browser } from "../support/browser.ts";
import {
  addCounter,
  counterCard,
  openCounters,
  openDemoSite,
  press,
  startDemoService,
  valueOf,
} from "../support/demo-page.ts";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import type { Site } from "../support/site.ts";
import { temporaryPath } from "../support/temporary.ts";

const COFFEE = "Cups of coffee";

describe.skipIf(mayBeLeftOut("chromium"))("the page's counters", () => {
  let site: Site;
  let browser: Browser;

  beforeAll(async () => {
    [site, browser] = await Promise.all([openDemoSite(), startBrowser()]);
  });
  afterEach(async () => {
    site.answer = undefined;
    for (const page of browser.context.pages().slice(1)) await page.close();
  });
  afterAll(async () => {
    await browser.close();
    await site.close();
  });

  const valueBecomes = (...args: Parameters<typeof valueOf>): ReturnType<typeof expect.poll> =>
    expect.poll(() => valueOf(...args));

  test("a step in one tab appears in the other, in the number, the ranking and the log, with the name of its tab", async () => {
    const one = await openCounters(browser, site.url("index"));
    const other = await openCounters(browser, site.url("index"));
    await addCounter(one, "Laps");
    await one.getByLabel("Step of Laps").fill("5");

    await press(one, "Add 5 to Laps", 2);
    await valueBecomes(one, "Laps").toBe("10");
    const way = one.getByRole("region", { name: "The way of an event" });
    const head = Number(await one.getByLabel("Travel through time").getAttribute("max"));
    for (const step of [
      /^pressed\s*Add 5 to Laps$/,
      /^decided\s*incremented \{"by":5\}$/,
      new RegExp(`^stored\\s*[\\d.]+ ms\\s*as event ${head}, on disk$`),
      /^told\s*[\d.]+ ms\s*to 1 other tab$/,
      /^folded\s*[\d.]+ ms\s*into the number 10$/,
    ]) {
      await way.getByRole("listitem").filter({ hasText: step }).waitFor();
    }
    await press(other, "Take 1 from Laps");

    for (const page of [one, other]) {
      await valueBecomes(page, "Laps").toBe("9");
      await page.getByRole("row", { name: "1 Laps 9 4" }).waitFor();
    }
    const name = (await other.locator(".me .tab-mark").innerText()).trim();
    await one
      .getByRole("table", { name: /^Events/ })
      .getByRole("row")
      .filter({ hasText: "decremented" })
      .getByText(name)
      .waitFor();
  });

  test("counts are kept over a reload, and after every process of the browser was killed", async () => {
    const page = await openCounters(browser, site.url("index"));
    await addCounter(page, "Kept");
    await press(page, "Add 1 to Kept", 3);
    await valueBecomes(page, "Kept").toBe("3");

    await page.reload();
    await valueBecomes(page, "Kept").toBe("3");
    await press(page, "Add 1 to Kept");
    await valueBecomes(page, "Kept").toBe("4");
    await browser.kill();
    await browser.start();

    const again = await openCounters(browser, site.url("index"));
    await valueBecomes(again, "Kept").toBe("4");
  });

  test("undo and redo are events, and continue after a reload", async () => {
    const page = await openCounters(browser, site.url("index"));
    await addCounter(page, "Steps");
    await press(page, "Add 1 to Steps");
    await page.getByLabel("Step of Steps").fill("10");
    await press(page, "Add 10 to Steps");
    await valueBecomes(page, "Steps").toBe("11");
    for (const wrong of ["-5", "0", "1.5", "1000001"]) {
      await page.getByLabel("Step of Steps").fill(wrong);
      await page.getByRole("status").getByText("A step is a whole number from 1 to 1,000,000.").waitFor();
      expect(await page.getByRole("button", { name: "Add a step to Steps" }).isDisabled()).toBe(true);
      expect(await page.getByLabel("Step of Steps").inputValue()).toBe(wrong);
    }
    await page.getByLabel("Step of Steps").fill("1000000");
    await page.getByRole("button", { name: "Add 1000000 to Steps" }).waitFor();
    expect(await page.getByLabel("Step of Steps").evaluate((field) => field.scrollWidth - field.clientWidth)).toBe(0);

    await press(page, "Undo in Steps");
    await valueBecomes(page, "Steps").toBe("1");
    await page.reload();
    await press(page, "Undo in Steps");
    await valueBecomes(page, "Steps").toBe("0");
    expect(await page.getByRole("button", { name: "Undo in Steps" }).isDisabled()).toBe(true);
    await press(page, "Redo in Steps", 2);
    await valueBecomes(page, "Steps").toBe("11");

    expect(await counterCard(page, "Steps").innerText()).toContain("7 events");
    expect(await page.getByRole("button", { name: "Redo in Steps" }).isDisabled()).toBe(true);
  });

  test("a name in use is refused with a sentence; a removed counter disappears, and its history stays", async () => {
    const page = await openCounters(browser, site.url("index"));
    await addCounter(page, "Birds");
    await counterCard(page, "Birds").waitFor();

    await addCounter(page, " birds ");
    await page.getByRole("alert").getByText("There is a counter named “Birds” already.").waitFor();
    await addCounter(page, "x".repeat(41));
    await page.getByRole("alert").getByText("A name has at most 40 characters; this one has 41.").waitFor();
    await press(page, "Remove Birds");
    await counterCard(page, "Birds").waitFor({ state: "detached" });

    await page.getByLabel("Counter", { exact: true }).selectOption({ label: "Birds (removed)" });
    await expect.poll(() => page.locator(".log-body .type").allInnerTexts()).toEqual(["removed", "opened"]);
  });

  test("two quick presses on one place remove one counter, the focus stays among the counters, and what was refused is over after a success", async () => {
    const own = await startBrowser();
    onTestFinished(() => own.close());
    const page = await openCounters(own, site.url("index"));
    for (const label of ["Ants", "Bees"]) await addCounter(page, label);
    await counterCard(page, "Bees").waitFor();
    await addCounter(page, "bees");
    await page.getByRole("alert").getByText("There is a counter named “Bees” already.").waitFor();

    await page.evaluate(pressThereAgain, `Remove ${COFFEE}`);
    await page.getByRole("button", { name: `Remove ${COFFEE}` }).scrollIntoViewIfNeeded();
    const placeOfBees = async (): Promise<unknown> => {
      const { x, y } = (await page.getByRole("article", { name: "Bees" }).boundingBox()) ?? {};
      return { x, y };
    };
    const place = await placeOfBees();
    await press(page, `Remove ${COFFEE}`);

    await counterCard(page, COFFEE).waitFor({ state: "detached" });
    await page.getByRole("status").getByText(`${COFFEE} was removed. Its 2 events stay.`).waitFor();
    await expect.poll(() => page.locator(".notice").count()).toBe(0);
    await expect.poll(() => focusedLabel(page)).toBe(`Bring back ${COFFEE}`);
    expect(await page.getByRole("article").count()).toBe(2);
    expect(await placeOfBees()).toEqual(place);
    await press(page, `Bring back ${COFFEE}`);
    await counterCard(page, COFFEE).waitFor();
    await expect.poll(() => page.evaluate(() => document.activeElement?.querySelector("h3")?.textContent)).toBe(COFFEE);
    await expect.poll(() => page.locator(".log-body .type").first().innerText()).toBe("restored");
    await press(page, "Remove Bees");
    await expect.poll(() => focusedLabel(page)).toBe("Bring back Bees");
    await page.keyboard.press("Control+z");
    await counterCard(page, "Bees").waitFor();
    await expect.poll(() => page.evaluate(() => document.activeElement?.querySelector("h3")?.textContent)).toBe("Bees");
    // Whatever had the focus and goes leaves it to what is beside it.
    await addCounter(page, "bees");
    await press(page, "Close this message");
    await expect.poll(() => page.locator(".notice").count()).toBe(0);
    await expect.poll(() => page.evaluate(() => document.activeElement?.closest(".card")?.className)).toBe("card add");
    await press(page, "Add 1 to Ants");
    await valueBecomes(page, "Ants").toBe("1");
    for (const [keys, value] of [
      ["Control+z", "0"],
      ["Control+Shift+z", "1"],
      ["Control+z", "0"],
      ["Control+y", "1"],
      ["Meta+z", "0"],
      ["Meta+Shift+z", "1"],
    ]) {
      await page.keyboard.press(keys as string);
      await valueBecomes(page, "Ants").toBe(value);
    }
    await press(page, "Add 1 to Ants");
    await valueBecomes(page, "Ants").toBe("2");
    await page.keyboard.down("Meta");
    // The second one is a repetition, as of a key that is held down.
    await page.keyboard.down("z");
    await page.keyboard.down("z");
    await valueBecomes(page, "Ants").toBe("1");
    await page.keyboard.up("z");
    await page.keyboard.up("Meta");
    await page.keyboard.press("Control+y");
    await valueBecomes(page, "Ants").toBe("2");
    await press(page, "Undo in Ants");
    await valueBecomes(page, "Ants").toBe("1");
    expect(await focusedLabel(page)).toBe("Undo in Ants");
    await press(page, "One event back");
    await press(page, "One event forward");
    expect(await focusedLabel(page)).toBe("One event forward");
    await press(page, "One event back");
    await press(page, "Back to now");
    expect(await focusedLabel(page)).toBe("Travel through time");
  });

  test("without counters the page says what to do, and does not create the first one again", async () => {
    const own = await startBrowser();
    onTestFinished(() => own.close());
    const page = await openCounters(own, site.url("index"));

    await press(page, `Remove ${COFFEE}`);
    await page.getByRole("heading", { name: "No counters" }).waitFor();
    await page.reload();

    await page.getByRole("heading", { name: "No counters" }).waitFor();
    await page.getByText("No counter, no rows. Add one above.").waitFor();
    await addCounter(page, "First of mine");
    await counterCard(page, "First of mine").waitFor();
  });

  test("without the server it opens from the service worker, and counts", async () => {
    const service = await startDemoService(temporaryPath(), site.folder);
    onTestFinished(() => service.stop());
    const page = await openCounters(browser, service.url);
    await press(page, `Add 1 to ${COFFEE}`);
    await valueBecomes(page, COFFEE).toBe("1");
    await page.evaluate(async () => {
      await navigator.serviceWorker.ready;
      if (navigator.serviceWorker.controller !== null) return;
      await new Promise((resolve) => navigator.serviceWorker.addEventListener("controllerchange", resolve));
    });

    await service.stop();
    await page.reload();

    await valueBecomes(page, COFFEE).toBe("1");
    await press(page, `Add 1 to ${COFFEE}`);
    await valueBecomes(page, COFFEE).toBe("2");
    const second = await openCounters(browser, service.url);
    await valueBecomes(second, COFFEE).toBe("2");
  });

  test("if the browser's settings forbid local storage, the page opens nevertheless, and its theme can be changed", async () => {
    const page = await browser.open();
    await page.addInitScript(() => {
      const forbid = (): never => {
        throw new DOMException("forbidden", "SecurityError");
      };
      for (const name of ["localStorage", "sessionStorage"]) Object.defineProperty(window, name, { get: forbid });
    });
    await page.goto(site.url("index"));
    await counterCard(page, COFFEE).waitFor();

    await press(page, "Dark theme");

    await page.getByRole("button", { name: "Light theme" }).waitFor();
  });

  test("the first sentence and the layout are painted before the application or WebAssembly is loaded", async () => {
    // A new profile, because in an old one the page's service worker has the scripts.
    const visitor = await startBrowser();
    onTestFinished(() => visitor.close());
    const page = await visitor.open();
    // The few lines that choose the theme come first, so that the page does not visibly change its theme.
    await page.route(/(?<!theme)\.(js|wasm)$/, () => undefined);
    await page.goto(site.url("index"), { waitUntil: "commit" });

    await page.getByRole("heading", { level: 1, name: /event store that lives inside/ }).waitFor();
    await page.getByText("Opening the database …").waitFor();
    expect(await page.locator(".card.skeleton").count()).toBe(2);
    await page.unrouteAll({ behavior: "ignoreErrors" });
  });
});

function focusedLabel(page: Page): Promise<string | null | undefined> {
  return page.evaluate(() => document.activeElement?.getAttribute("aria-label"));
}

/** Runs in the page: once a button is gone, presses the one that has come to its place. */
function pressThereAgain(name: string): void {
  const find = (): Element | null => document.querySelector(`button[aria-label="${name}"]`);
  const { left, top, width, height } = (find() as Element).getBoundingClientRect();
  const observer = new MutationObserver(() => {
    if (find() !== null) return;
    observer.disconnect();
    document
      .elementFromPoint(left + width / 2, top + height / 2)
      ?.closest("button")
      ?.click();
  });
  observer.observe(document.body, { subtree: true, childList: true });
}
