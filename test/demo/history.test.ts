import { join } from "node:path";
import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { CounterEvent } from "../../demo/counter/events.ts";
import { startBrowser, type Browser } from "../support/browser.ts";
import { addCounter, counterCard, openCounters, openDemoSite, press, valueOf } from "../support/demo-page.ts";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import type { Site } from "../support/site.ts";

const MANY = 100_000;

/** The visible rows, and eight rows above and below them. */
const MOST_ROWS = 40;

describe.skipIf(mayBeLeftOut("chromium"))("the page's history", () => {
  let site: Site;
  let browser: Browser;

  beforeAll(async () => {
    [site, browser] = await Promise.all([openDemoSite(), startBrowser()]);
  });
  afterEach(async () => {
    for (const page of browser.context.pages().slice(1)) await page.close();
  });
  afterAll(async () => {
    await browser.close();
    await site.close();
  });

  test("the slider shows counters, plot and log as of the past, says so, and allows no change until the return to now", async () => {
    const page = await openCounters(browser, site.url("index"));
    await addCounter(page, "Travelled");
    await press(page, "Add 1 to Travelled", 4);
    await expect.poll(() => valueOf(page, "Travelled")).toBe("4");
    const slider = page.getByLabel("Travel through time");
    const head = Number(await slider.inputValue());

    await slider.fill(String(head - 3));

    await page.getByRole("status").getByText("You are looking at the past").waitFor();
    for (const name of [/^Append/, /^Provoke/, /^Import/, "Add", "Remove Travelled"]) {
      expect(await page.getByRole("button", { name, exact: true }).isDisabled(), String(name)).toBe(true);
    }
    for (const label of ["Step of Travelled", "Name of the new counter", "Database to import"]) {
      expect(await page.getByLabel(label).isDisabled(), label).toBe(true);
    }
    await page.keyboard.press("Control+z");
    await expect.poll(() => valueOf(page, "Travelled")).toBe("1");
    expect(await counterCard(page, "Travelled").getByRole("button", { name: /^Add/ }).isDisabled()).toBe(true);
    await expect.poll(() => newestPosition(page)).toBe(head - 3);
    await page.getByText(`${head - 3} events`, { exact: true }).waitFor();
    await press(page, "One event back");
    await expect.poll(() => valueOf(page, "Travelled")).toBe("0");
    await slider.fill("0");
    await page.getByText("There was no counter yet.").waitFor();

    await press(page, "Back to now");
    await expect.poll(() => valueOf(page, "Travelled")).toBe("4");
    await expect.poll(() => page.evaluate(whatIsAtTheThumb)).toBe("Travel through time");
    expect(await newestPosition(page)).toBe(head);
    expect(await page.getByText("You are looking at the past").count()).toBe(0);
  });

  test("the thumb stays under the pointer that drags it into the past, at every width", async () => {
    const page = await openCounters(browser, site.url("index"));
    await addCounter(page, "Dragged");
    await press(page, "Add 1 to Dragged", 9);
    await expect.poll(() => valueOf(page, "Dragged")).toBe("9");
    const slider = page.getByLabel("Travel through time");
    const middle = Number(await slider.inputValue()) / 2;
    for (const width of [1280, 1024, 800, 390]) {
      await page.setViewportSize({ width, height: 800 });
      await slider.scrollIntoViewIfNeeded();
      const { x, y, width: length, height } = await slider.evaluate((one) => one.getBoundingClientRect().toJSON());
      await page.mouse.move(x + length - 8, y + height / 2);
      await page.mouse.down();
      const values: number[] = [];
      for (const part of [0.8, 0.65, 0.5]) {
        await page.mouse.move(x + length * part, y + height / 2);
        await page.getByRole("status").getByText("the past").waitFor();
        values.push(Number(await slider.inputValue()));
        expect(await slider.evaluate((one) => one.getBoundingClientRect().y), `at ${width} px`).toBe(y);
      }
      await page.mouse.up();

      expect(values, `at ${width} px`).toEqual([...values].sort((one, other) => other - one));
      expect(Math.abs((values.at(-1) ?? 0) - middle), `at ${width} px`).toBeLessThanOrEqual(1);
      await press(page, "Back to now");
    }
    await page.close();
  });

  test("a view of the past stays while events are written", async () => {
    const page = await openCounters(browser, site.url("index"));
    const other = await openCounters(browser, site.url("index"));
    await addCounter(page, "Stays");
    await press(page, "Add 1 to Stays", 2);
    await expect.poll(() => valueOf(page, "Stays")).toBe("2");
    await press(page, "One event back");
    await expect.poll(() => valueOf(page, "Stays")).toBe("1");

    await press(other, "Add 1 to Stays", 3);
    await expect.poll(() => valueOf(other, "Stays")).toBe("5");

    const slider = page.getByLabel("Travel through time");
    await expect
      .poll(() => slider.getAttribute("max"))
      .toBe(await slider.evaluate((it) => String(Number((it as HTMLInputElement).value) + 4)));
    expect(await valueOf(page, "Stays")).toBe("1");
    await press(page, "Back to now");
    await expect.poll(() => valueOf(page, "Stays")).toBe("5");
  });

  test("the log lists the events that its filters select", async () => {
    const page = await openCounters(browser, site.url("index"));
    await addCounter(page, "Filtered");
    await press(page, "Add 1 to Filtered", 2);
    await press(page, "Take 1 from Filtered");
    await page.getByLabel("Counter", { exact: true }).selectOption({ label: "Filtered" });
    await expect
      .poll(() => page.locator(".log-body .type").allInnerTexts())
      .toEqual(["decremented", "incremented", "incremented", "opened"]);

    await page.getByLabel("Type", { exact: true }).selectOption("incremented");

    await expect.poll(() => page.locator(".log-body .type").allInnerTexts()).toEqual(["incremented", "incremented"]);
    await page.getByText("2 events", { exact: true }).waitFor();
    // The filter is the log's alone.
    await page.getByRole("img", { name: /^(?!Filtered)/ }).waitFor();
    await page.getByLabel("Counter in the plot").selectOption({ label: "Filtered" });
    await page.getByRole("img", { name: "Filtered over its events: between 0 and 2, ending at 1" }).waitFor();
    await page.getByLabel("Type", { exact: true }).selectOption("redone");
    await page.getByText("There are no such events.").waitFor();
    expect(await page.locator(".log-row:visible").count()).toBe(0);
  });

  test("100,000 events are imported, listed, filtered and scrolled through, with few rows and few queries", async () => {
    await fill(join(site.folder, "many.db"));
    const page = await browser.open();
    await page.addInitScript(countQuestions);
    await page.goto(site.url("index"));
    await counterCard(page, "Cups of coffee").waitFor();

    await page.getByLabel("Database to import").evaluate(giveFile, "many.db");
    await press(page, "Replace");

    await counterCard(page, "Tens of thousands").waitFor();
    await page.getByText("100,000 events", { exact: true }).first().waitFor();
    await page.getByText("Up to date (event 100,000)").waitFor();
    const scrolled = await page.evaluate(scrollThrough, 60);
    console.log(
      `scrolling through 100,000 events: ${scrolled.longTasks.length} long tasks (ms: ${scrolled.longTasks.join(", ")}), ` +
        `at most ${scrolled.mostRows} rows, ${scrolled.questions} messages for ${scrolled.steps} jumps`,
    );
    expect(scrolled.mostRows).toBeLessThanOrEqual(MOST_ROWS);
    // A view covers at most two pages; the other messages continue them.
    expect(scrolled.questions).toBeLessThanOrEqual(scrolled.steps * 4);
    await expect.poll(() => page.locator(".log-body .unread").count()).toBe(0);
    await expect.poll(() => page.locator(".log-body .position").last().innerText()).toBe("1");

    await page.getByLabel("Type", { exact: true }).selectOption("decremented");
    await page.getByText("49,999 events", { exact: true }).waitFor();
    await page.locator(".log-table").evaluate((table) => (table.scrollTop = table.scrollHeight / 2));
    await expect.poll(() => newestPosition(page)).toBeLessThan(60_000);
    await expect.poll(() => page.locator(".log-body .unread").count()).toBe(0);
    const types = await page.locator(".log-body .type").allInnerTexts();
    expect(new Set(types)).toEqual(new Set(["decremented"]));
    const positions = (await page.locator(".log-body .position").allInnerTexts()).map(toNumber);
    expect(positions).toEqual([...positions].sort((a, b) => b - a));
    expect(positions.every((position) => position % 2 === 1 && Math.abs(position - 50_000) < 1_000)).toBe(true);

    // Scrolled down in a shorter list: the longer one starts at its top.
    await page.getByLabel("Type", { exact: true }).selectOption("opened");
    await page.getByText("1 event", { exact: true }).waitFor();
    await page.getByLabel("Type", { exact: true }).selectOption("incremented");
    await expect.poll(() => newestPosition(page)).toBe(100_000);
    await page.locator(".log-table").evaluate((table) => (table.scrollTop = 5_000));
    await expect.poll(() => newestPosition(page)).toBeLessThan(100_000);
    await page.getByLabel("Type", { exact: true }).selectOption("");
    await expect.poll(() => newestPosition(page)).toBe(100_000);
    expect(await page.getByRole("button", { name: /new events/ }).count()).toBe(0);
  });
});

const toNumber = (text: string): number => Number(text.replaceAll(",", ""));

async function newestPosition(page: Page): Promise<number> {
  const [first = ""] = await page.locator(".log-body .position").allInnerTexts();
  return toNumber(first);
}

/** Position 1 opens it; then up at every even position, and down at every odd one. */
async function fill(path: string): Promise<void> {
  await using store = await openEventStore(betterSqlite3({ path }));
  const counter = store.stream<CounterEvent>("counter-tens-of-thousands");
  await counter.append({ type: "opened", data: { label: "Tens of thousands" } });
  const steps = Array.from({ length: MANY - 1 }, (_, index) =>
    index % 2 === 0
      ? ({ type: "incremented", data: { by: 2 } } as const)
      : ({ type: "decremented", data: { by: 1 } } as const),
  );
  for (let from = 0; from < steps.length; from += 10_000) await counter.append(steps.slice(from, from + 10_000));
}

/** Runs in the page: chooses a file, which is fetched from the site because the browser's driver is slow for large files. */
async function giveFile(input: Element, name: string): Promise<void> {
  const chosen = new DataTransfer();
  chosen.items.add(new File([await (await fetch(name)).blob()], name));
  (input as HTMLInputElement).files = chosen.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

/** Runs in the page: the element in the middle of the slider's thumb at "now", which is as wide as it is high. */
function whatIsAtTheThumb(): string | null | undefined {
  const { right, top, height } = (document.querySelector(".slider input") as Element).getBoundingClientRect();
  return (
    [2, 8, 14]
      .map((left) => document.elementFromPoint(right - left, top + height / 2)?.getAttribute("aria-label"))
      .find((label, _, [first]) => label !== first || label !== "Travel through time") ?? "Travel through time"
  );
}

interface Scrolled {
  readonly steps: number;
  readonly mostRows: number;
  readonly questions: number;
  readonly longTasks: readonly number[];
}

declare global {
  interface Window {
    questions: number;
  }
}

/** Runs in the page before its scripts: counts the messages to its worker. */
function countQuestions(): void {
  window.questions = 0;
  const post = MessagePort.prototype.postMessage;
  MessagePort.prototype.postMessage = function counted(this: MessagePort, ...args: unknown[]) {
    window.questions += 1;
    return Reflect.apply(post, this, args) as undefined;
  };
}

/** Runs in the page: jumps through the log to its end, one jump per frame. */
async function scrollThrough(steps: number): Promise<Scrolled> {
  const table = document.querySelector(".log-table");
  if (table === null) throw new Error("there is no log");
  const longTasks: number[] = [];
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) longTasks.push(Math.round(duration));
  });
  observer.observe({ type: "longtask" });
  const frame = (): Promise<unknown> => new Promise((resolve) => requestAnimationFrame(resolve));
  let mostRows = 0;
  const before = window.questions;
  for (let step = 1; step <= steps; step += 1) {
    table.scrollTop = (table.scrollHeight / steps) * step;
    await frame();
    mostRows = Math.max(mostRows, table.querySelectorAll(".log-row").length);
  }
  await frame();
  observer.disconnect();
  return { steps, mostRows, questions: window.questions - before, longTasks };
}
