import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { writeFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { startBrowser, type Browser } from "../support/browser.ts";
import { addCounter, counterCard, openCounters, openDemoSite, press, valueOf } from "../support/demo-page.ts";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import type { Site } from "../support/site.ts";
import { temporaryPath } from "../support/temporary.ts";

const COFFEE = "Cups of coffee";

/** A host name of this machine that, unlike localhost, is not a secure context. */
const INSECURE = "insecure.test";

describe.skipIf(mayBeLeftOut("chromium"))("the page's store", () => {
  let site: Site;
  let browser: Browser;

  beforeAll(async () => {
    [site, browser] = await Promise.all([
      openDemoSite(),
      startBrowser({ flags: [`--host-resolver-rules=MAP ${INSECURE} 127.0.0.1`] }),
    ]);
  });
  afterEach(async () => {
    site.answer = undefined;
    for (const page of browser.context.pages().slice(1)) await page.close();
  });
  afterAll(async () => {
    await browser.close();
    await site.close();
  });

  const open = (): Promise<Page> => openCounters(browser, site.url("index"));

  test("an exported file opens in better-sqlite3, and importing it restores the state in every tab", async () => {
    const [page, other] = [await open(), await open()];
    await addCounter(page, "Exported");
    await press(page, "Add 1 to Exported", 3);
    await expect.poll(() => valueOf(page, "Exported")).toBe("3");
    const downloading = page.waitForEvent("download");
    await press(page, "Export");
    const path = temporaryPath();
    await (await downloading).saveAs(path);

    {
      await using store = await openEventStore(betterSqlite3({ path }));
      const events = await store.stream("counter-exported").read().toArray();
      expect(events.map(({ type }) => type)).toEqual(["opened", "incremented", "incremented", "incremented"]);
    }
    await press(page, "Add 1 to Exported", 2);
    await expect.poll(() => valueOf(other, "Exported")).toBe("5");
    await page.getByLabel("Database to import").setInputFiles(path);
    const question = page.getByRole("group", { name: "Before the import" });
    await question.getByText(/^Replace the \d+ events of this browser/).waitFor();
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Export first");
    await press(page, "Cancel");
    await question.waitFor({ state: "detached" });
    expect(await valueOf(page, "Exported")).toBe("5");
    await page.getByLabel("Database to import").setInputFiles(path);
    const emptied = await page.evaluateHandle(watchForNoCards);
    await press(page, "Replace");

    for (const tab of [page, other]) await expect.poll(() => valueOf(tab, "Exported")).toBe("3");
    await page
      .getByRole("status")
      .getByText(/^Imported/)
      .waitFor();
    expect(await emptied.jsonValue()).toEqual([]);
    await press(other, "Add 1 to Exported");
    await expect.poll(() => valueOf(page, "Exported")).toBe("4");
  });

  test("a file that is not a database is refused with a sentence, and nothing changes", async () => {
    const page = await open();
    const path = temporaryPath();
    writeFileSync(path, "This is a letter to my grandmother. ".repeat(500));

    await page.getByLabel("Database to import").setInputFiles(path);
    await press(page, "One event back");
    const replace = page.getByRole("button", { name: "Replace", exact: true });
    await expect.poll(() => replace.isDisabled()).toBe(true);
    // A press that is too late, as by a key.
    await replace.dispatchEvent("click");
    await press(page, "Back to now");
    await expect.poll(() => replace.isDisabled()).toBe(false);
    await replace.click();

    const refusal = page.getByRole("alert").getByText("The chosen file is not one that rivulet can read.");
    await refusal.waitFor();
    // These counters have no hub here; what was said about a file is not said of them, nor of these counters when they are opened again.
    await page.getByRole("radio", { name: "Shared" }).check();
    await refusal.waitFor({ state: "detached" });
    await page.getByRole("radio", { name: "Browser" }).check();
    await counterCard(page, COFFEE).waitFor();
    expect(await refusal.count()).toBe(0);
    await press(page, `Add 1 to ${COFFEE}`);
    expect(await counterCard(page, COFFEE).count()).toBe(1);
  });

  test("appending ten thousand events shows progress and a rate; cancelling keeps the acknowledged batches", async () => {
    const page = await open();
    await addCounter(page, "Walked");
    await page.getByLabel("Counter of the random walk").selectOption({ label: "Walked" });
    // In the page itself, because on a fast machine all is over before the test could press the button.
    await page.evaluate(pressOnceThere, "Cancel");
    await press(page, "Append 10,000 events");
    await page.getByRole("status").getByText("Cancelled. The events appended until then stay.").waitFor();
    const before = await eventsOf(page, "Walked");
    expect((before - 1) % 500).toBe(0);
    expect(before).toBeLessThan(10_001);
    const bars = await page.evaluateHandle(watchForProgress);
    const blanks = await page.evaluateHandle(watchForBlankLogs);
    await press(page, "Append 10,000 events");
    await page
      .getByRole("status")
      .getByText(/^10,000 events appended, [\d,]+ a second/)
      .waitFor();
    await expect.poll(() => eventsOf(page, "Walked")).toBe(before + 10_000);
    expect(await bars.evaluate((seen) => seen.length)).toBeGreaterThan(0);
    expect(await blanks.jsonValue()).toEqual([]);
    // The next command loads the counter, and saves a snapshot of it.
    await press(page, "Add 1 to Walked");
    await page.locator(".facts").getByText("Walked at version").waitFor();
    // The keys take back each act as one: the press, the ten thousand events, and those before the cancellation, if any.
    const acts = before > 1 ? 3 : 2;
    for (let act = 0; act < acts; act += 1) await page.keyboard.press("Control+z");
    await expect.poll(() => eventsOf(page, "Walked")).toBe(before + 10_001 + acts);
    await expect.poll(() => valueOf(page, "Walked")).toBe("0");

    await press(page, "Add 1 to Walked");
    await expect.poll(() => valueOf(page, "Walked")).toBe("1");
    await page.evaluate(undoOnceThere, "Cancel");
    await press(page, "Append 10,000 events");
    await page.getByRole("status").getByText("Stopped by Ctrl+Z.").waitFor();
    await expect.poll(() => valueOf(page, "Walked")).toBe("1");
    await page.keyboard.press("Control+z");
    await expect.poll(() => valueOf(page, "Walked")).toBe("0");
  });

  test("rebuilding the read model shows its progress, and ends with the same ranking", async () => {
    const page = await open();
    await page.getByRole("row", { name: new RegExp(COFFEE) }).waitFor();
    const ranking = page.locator(".ranking tbody");
    const before = await ranking.innerText();
    const bars = await page.evaluateHandle(watchForProgress);

    await press(page, "Rebuild from the events");

    await page.getByText(/^Rebuilt from/).waitFor();
    expect(await bars.evaluate((seen) => seen.length)).toBeGreaterThan(0);
    await expect.poll(() => ranking.innerText()).toBe(before);
  });

  test("the loser of a conflict sees the events that it missed, and can append after them", async () => {
    const page = await open();
    await addCounter(page, "Contested");
    await page.getByLabel("Counter of the conflict").selectOption({ label: "Contested" });

    await press(page, "Provoke a conflict");

    const story = page.locator(".story");
    await story.waitFor();
    expect(await story.innerText()).toContain("version-conflict");
    expect(await story.locator("ul").innerText()).toBe('v2 incremented {"by":1}');
    await expect.poll(() => valueOf(page, "Contested")).toBe("11");
    await page.keyboard.press("Control+z");
    await expect.poll(() => valueOf(page, "Contested")).toBe("0");
    await story.waitFor({ state: "detached" });
    await page.keyboard.press("Control+Shift+z");
    await story.waitFor();
    await press(page, "Undo in Contested");
    await story.waitFor({ state: "detached" });
  });

  test("the open tabs are listed with their leader; when it is closed, the next takes over", async () => {
    const [first, second] = [await open(), await open()];
    const names = async (page: Page): Promise<string[]> =>
      (await page.locator(".tabs li").allInnerTexts()).map((text) => text.replaceAll("\n", " ").trim());
    const [one, two] = [await tabName(first), await tabName(second)];
    expect(one).not.toBe(two);
    for (const page of [first, second]) {
      await expect
        .poll(async () => (await names(page)).find((text) => text.startsWith(one)))
        .toContain("has the database");
      await expect.poll(async () => (await names(page)).length).toBe(2);
    }

    await first.close();

    await expect.poll(() => names(second)).toEqual([`${two} has the database this tab`]);
    await press(second, `Add 1 to ${COFFEE}`);
    const way = second.getByRole("region", { name: "The way of an event" });
    await way.getByText("to no other tab: none is open").waitFor();
    // A tab that shows other counters is open, and is told nothing of these.
    const third = await open();
    await third.getByRole("radio", { name: "Shared" }).check();
    await press(second, `Add 1 to ${COFFEE}`);
    await way.getByText("to no other tab yet").waitFor();
    // Later pages show what was chosen last.
    await third.getByRole("radio", { name: "Browser" }).check();
    await counterCard(third, COFFEE).waitFor();
    await third.close();
    await second.reload();
    await expect.poll(() => names(second)).toEqual([`${two} has the database this tab`]);
  });

  test("the page shows where the events are kept, their size, and that the browser may evict them", async () => {
    const page = await open();
    const facts = page.locator(".facts");
    await facts.getByText("a file of this browser (OPFS)").waitFor();
    await facts.getByText("flushed to disk before it is acknowledged").waitFor();
    await expect.poll(() => facts.innerText()).toMatch(/Database\s+[\d.]+ (kB|MB)/);
    await press(page, "Protect from eviction");
    await page
      .getByRole("status")
      .getByText(/promise/)
      .waitFor();
  });

  test("a worker that cannot be loaded and a page without storage are reported with what to do", async () => {
    const worker = new URL(site.asset("worker")).pathname;
    site.answer = (path) => (path === worker ? { status: 404 } : undefined);
    // Under another host name, so that no service worker has it already.
    const page = await browser.open(site.url("index").replace("127.0.0.1", "localhost"));
    await page.getByRole("heading", { name: "A part of this page could not be loaded." }).waitFor();
    await page.getByRole("button", { name: "Reload" }).waitFor();

    const insecure = await browser.open(site.url("index").replace("127.0.0.1", INSECURE));
    await insecure.getByRole("heading", { name: /was not loaded securely/ }).waitFor();
  });
});

async function eventsOf(page: Page, label: string): Promise<number> {
  return Number((await counterCard(page, label).locator(".card-head .quiet").innerText()).replaceAll(/\D/g, ""));
}

async function tabName(page: Page): Promise<string> {
  return (await page.locator(".me .tab-mark").innerText()).trim();
}

/** Runs in the page: records each moment at which no counter is on the page. */
function watchForNoCards(): number[] {
  const moments: number[] = [];
  new MutationObserver(() => {
    if (document.querySelector("article") === null) moments.push(performance.now());
  }).observe(document.body, { subtree: true, childList: true });
  return moments;
}

/** Runs in the page: records each moment at which the log has rows and none of them is readable. */
function watchForBlankLogs(): number[] {
  const blanks: number[] = [];
  new MutationObserver(() => {
    const rows = document.querySelectorAll(".log-body .log-row").length;
    if (rows > 0 && rows === document.querySelectorAll(".log-body .unread").length) blanks.push(rows);
  }).observe(document.querySelector(".log-body") as Element, { subtree: true, childList: true });
  return blanks;
}

/** Runs in the page: presses a button as soon as one with this name exists. */
function pressOnceThere(name: string): void {
  const observer = new MutationObserver(() => {
    const button = [...document.querySelectorAll("button")].find(({ textContent }) => textContent.trim() === name);
    if (button === undefined) return;
    observer.disconnect();
    button.click();
  });
  observer.observe(document.body, { subtree: true, childList: true });
}

/** Runs in the page: presses Ctrl+Z as soon as a button is there. */
function undoOnceThere(name: string): void {
  const observer = new MutationObserver(() => {
    if (![...document.querySelectorAll("button")].some(({ textContent }) => textContent.trim() === name)) return;
    observer.disconnect();
    document.dispatchEvent(new KeyboardEvent("keydown", { key: "z", ctrlKey: true }));
  });
  observer.observe(document.body, { subtree: true, childList: true });
}

/** Runs in the page: records every text of the progress, however short it is shown. */
function watchForProgress(): string[] {
  const seen: string[] = [];
  new MutationObserver(() => {
    const bar = document.querySelector("progress");
    if (bar !== null) seen.push(String(bar.value));
  }).observe(document.body, { subtree: true, childList: true, attributes: true });
  return seen;
}
