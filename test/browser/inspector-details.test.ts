import type { Locator, Page } from "playwright-core";
import { beforeEach, describe, expect, test } from "vitest";
import { loadRoutedFlights, type RoutedFlight } from "../support/flights.ts";
import { useInspector } from "../support/inspector-page.ts";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import { DESKTOP, PHONE, picture, seriousIn, sticksOut } from "../support/looks.ts";

const VIEWS = ["Log", "State", "Read models", "Consumers", "Storage", "Sync"];

describe.skipIf(mayBeLeftOut("chromium"))("the inspector in detail", () => {
  let page: Page;
  const { show, open, fillIn, panel, rowsOf, detail, ...inspector } = useInspector();

  beforeEach(() => {
    page = inspector.page();
  });

  test("every view is accessible, as wide as the window, and cuts or breaks no text, on a phone and a desktop, light and dark", async () => {
    await page.evaluate(() => window.inspected.open());
    await page.evaluate((given) => window.inspected.fly(given), loadRoutedFlights().slice(1_800, 3_000));
    await page.evaluate(() => window.inspected.cause());
    await page.evaluate(() => window.inspected.replicate());
    await append(
      "cart-of-a-customer-with-a-long-name/in-the-second-building",
      "articleWasPutIntoTheCartOfACustomer",
      {},
    );
    await show();
    // Colours and names are the same on a phone.
    for (const [name, theme, size] of [
      ["phone", "light", PHONE],
      ["desktop", "light", DESKTOP],
      ["desktop", "dark", DESKTOP],
    ] as const) {
      await page.emulateMedia({ colorScheme: theme });
      await page.setViewportSize(size);
      for (const view of VIEWS) {
        await open(view);
        await page.locator("#panel > *").first().waitFor();
        if (name === "desktop") expect(await seriousIn(page), `${view}, ${theme}`).toEqual([]);
        expect(await sticksOut(page), `${view}, ${name}`).toBe(0);
        if (view === "State") await page.locator(".step").first().waitFor();
        if (view === "Storage") await page.getByRole("region", { name: "Snapshots" }).waitFor();
        expect(await page.evaluate(findSpoilt), `${view}, ${name}`).toEqual([]);
        await picture(page, `inspector-${name}-${theme}-${view.toLowerCase().replace(" ", "-")}`);
      }
    }
  });

  test("what is parked is in sight before rows are, long names and ids have room, and check boxes have one size", async () => {
    await page.evaluate(() => window.inspected.open());
    await page.evaluate((given) => window.inspected.fly(given), loadRoutedFlights().slice(1_800, 3_000));
    await show({ docked: true });
    await open("Read models");
    await page.getByRole("region", { name: "Rows of airports" }).waitFor();
    await expect.poll(() => panel().innerText()).toMatch(/is not believed[^]*Retry all[^]*Rows[^]*SQL/);
    const shown = await panel().boundingBox();
    const retry = await page.getByRole("button", { name: "Retry all" }).boundingBox();
    expect((retry?.y ?? Infinity) + (retry?.height ?? 0)).toBeLessThan((shown?.y ?? 0) + (shown?.height ?? 0));

    await open("State");
    expect(await cutsOff("Stream", "cart-of-a-customer-with-a-long-name/in-the-second-building")).toBe(false);
    await open("Log");
    expect(await cutsOff("Find", "order-1-of-a-long-name")).toBe(false);

    await page.setViewportSize(PHONE);
    await page.getByRole("button", { name: "Export…" }).click();
    const boxes = page.getByRole("checkbox");
    const sizes = await boxes.evaluateAll((all) => all.map((one) => one.getBoundingClientRect().width));
    expect(sizes.length).toBe(2);
    expect(new Set(sizes).size).toBe(1);
  });

  test("what was scrolled or folded stays so when other events come, and what can be done stands above what it is about", async () => {
    await page.evaluate(() => window.inspected.open());
    const [flight] = loadRoutedFlights();
    const late = Array.from({ length: 40 }, () => ({ ...flight, delay: 500 }) as RoutedFlight);
    await page.evaluate((given) => window.inspected.fly(given), late);
    await page.evaluate(() => window.inspected.replicate());
    await show();
    for (const view of ["Consumers", "Read models"]) {
      await open(view);
      const parked = panel().locator(".parked");
      await expect.poll(() => parked.getByRole("listitem").count(), { message: view }).toBe(40);
      await parked.evaluate((one) => one.scrollTo(0, 200));
      await redrawn(parked);
      expect(await parked.evaluate((one) => one.scrollTop), view).toBe(200);
    }

    await open("Sync");
    const card = panel().getByRole("article").filter({ hasText: "only 1 left" });
    const command = card.locator("summary", { hasText: "command" });
    await command.click();
    await redrawn(panel().locator("dl").first());
    expect(await command.evaluate((one) => (one.parentElement as HTMLDetailsElement).open)).toBe(false);
    const discard = await card.getByRole("button", { name: "Discard" }).boundingBox();
    const body = await card.locator(".json").boundingBox();
    expect(discard?.y).toBeLessThan(body?.y ?? 0);
  });

  test("a state that is not of the newest event is tinted, and its slider is long on a phone, too", async () => {
    await page.evaluate(() => window.inspected.open());
    await append("cart-1", "added", { item: "tea", pieces: 1 });
    await append("cart-1", "added", { item: "rice", pieces: 2 });
    await show();
    await open("State");
    const travel = page.locator(".travel");
    const ground = (): Promise<string> => travel.evaluate((one) => getComputedStyle(one).backgroundColor);
    await expect.poll(() => travel.innerText()).toContain("of 2");
    const now = await ground();
    await page.getByRole("button", { name: "One event back" }).click();
    await expect.poll(ground).not.toBe(now);
    await page.getByRole("button", { name: "One event forward" }).click();
    await expect.poll(ground).toBe(now);

    await page.setViewportSize(PHONE);
    const slider = await page.getByRole("slider").boundingBox();
    expect(slider?.width).toBeGreaterThan(PHONE.width / 2);
    const back = await page.getByRole("button", { name: "One event back" }).boundingBox();
    const forward = await page.getByRole("button", { name: "One event forward" }).boundingBox();
    expect(forward?.y).toBe(back?.y);
    expect(forward?.x).toBeGreaterThan(slider?.x ?? 0);
    expect(await sticksOut(page)).toBe(0);
  });

  test("the data of an event begin where their heading does, and the quota has its meter beside its name", async () => {
    await page.evaluate((name) => window.inspected.open(name), `quota-${Math.random()}`);
    await append("cart-1", "added", { item: "tea", pieces: 1 });
    await show();
    await rowsOf().first().click();
    const data = detail().locator("section", { hasText: "Data" }).first();
    await expect.poll(() => data.innerText()).toContain("pieces: 1");
    const heading = await data.locator("h3").boundingBox();
    expect((await data.locator(".key").first().boundingBox())?.x).toBe(heading?.x);

    await open("Storage");
    const quota = panel().locator("dl > div", { hasText: "Used of the quota" });
    await expect.poll(() => quota.getByRole("meter").count()).toBe(1);
  });

  test("an event is found by its position as it is shown, and what no event has is told", async () => {
    await page.evaluate(() => window.inspected.open());
    await page.evaluate((given) => window.inspected.fly(given), loadRoutedFlights().slice(0, 1_100));
    await show();
    await expect.poll(() => page.locator(".head").innerText()).toBe("1,100 events");
    await fillIn("Find", "1,005");
    await expect.poll(() => detail().innerText()).toContain("1,005");
    for (const nowhere of ["0", "1101", "99999999999999999999", "no-such-id"]) {
      await fillIn("Find", "1");
      await expect.poll(() => detail().innerText()).toMatch(/Position\s+1\s/);
      await expect.poll(note, { message: nowhere }).toBe("");
      await fillIn("Find", nowhere);
      await expect.poll(note, { message: nowhere }).toBe("No event has this id or position.");
      expect(await page.locator(".problem").count(), nowhere).toBe(0);
    }
    const streamsAt = async (): Promise<number | undefined> => (await page.locator(".streams").boundingBox())?.y;
    const before = await streamsAt();
    await fillIn("Stream", "no-such-stream");
    await expect.poll(() => panel().innerText()).toContain("No events.");
    // The list of streams stays where it was.
    expect(await streamsAt()).toBe(before);
  });

  test("an import is told beside the events that it adds", async () => {
    await page.evaluate(() => window.inspected.open());
    await show();
    await expect.poll(() => panel().innerText()).toContain("No events.");
    const line = {
      stream: "note-1",
      version: 1,
      id: "note",
      type: "noted",
      timestamp: 1,
      schemaVersion: 1,
      metadata: {},
    };
    const buffer = Buffer.from(`${JSON.stringify(line)}\n`);
    await page.locator("input[type=file]").setInputFiles({ name: "a.ndjson", mimeType: "text/plain", buffer });
    await expect.poll(() => rowsOf().allInnerTexts()).toEqual([expect.stringContaining("noted")]);
    await expect.poll(note).toBe("1 event imported, 0 known");
    expect(await panel().innerText()).not.toContain("No events.");
  });

  test("a state keeps what is folded when other events come, and large values of a difference can be read in full", async () => {
    await page.evaluate(() => window.inspected.open());
    await append("cart-1", "added", { item: "tea", pieces: 1 });
    await append("cart-1", "added", { item: `rice ${"and more ".repeat(20)}last`, pieces: 2 });
    await show();
    await open("State");
    await page.getByLabel("Projection").selectOption({ label: "cart" });
    await fillIn("Stream", "cart-1");
    const difference = page.locator(".differences");
    await difference.locator("summary").click();
    await expect.poll(() => difference.innerText()).toContain('and more last"');
    await append("order-1", "ordered", {});
    await append("cart-1", "looked", {});
    await expect.poll(() => page.locator(".travel").innerText()).toContain("of 3");
    await page.getByRole("button", { name: "One event back" }).click();
    await difference.locator("summary").click();
    await append("cart-1", "looked", {});
    await expect.poll(() => page.locator(".travel").innerText()).toContain("of 4");
    expect(await difference.innerText()).toContain('and more last"');
  });

  test("a state that cannot be made leaves the way to those before it", async () => {
    await page.evaluate(() => window.inspected.open());
    await append("airport-1", "flew", { origin: "LAS", delay: 3 });
    await append("airport-1", "flew", null);
    await page.evaluate(() => {
      const all = Array.from({ length: 50 }, () => window.inspected.append("note-1", "noted", {}));
      return Promise.all(all);
    });
    await show();
    await open("State");
    await expect.poll(() => page.locator(".problem").innerText()).toContain("projection-failed");
    expect(await page.locator(".travel").innerText()).toContain("of 52");
    expect(await panel().innerText()).not.toContain("State after it");
    await panel().getByRole("spinbutton", { name: "Position" }).fill("1");
    await panel().getByRole("spinbutton", { name: "Position" }).press("Enter");
    await expect.poll(() => page.locator(".result").innerText()).toContain("LAS");
  });

  test("a table shows texts as they are, long ones in parts, and numbers beside NULL at the right", async () => {
    await page.evaluate(() => window.inspected.open());
    await show();
    await open("Read models");
    await page
      .getByLabel("SQL")
      .fill(
        `SELECT 'say "hi"' || hex(zeroblob(400)) || 'end' AS said, NULL AS number, x'00' AS one UNION ALL SELECT 'b', 2, NULL`,
      );
    await page.getByRole("button", { name: "Run" }).click();
    const table = page.getByRole("region", { name: "Rows of the query" });
    await expect.poll(() => table.innerText()).toContain('say "hi"0');
    expect(await table.locator("th.number").allInnerTexts()).toEqual(["number"]);
    expect(await table.innerText()).toContain("1 byte");
    expect(await table.innerText()).not.toContain("end");
    await table.getByRole("button", { name: "show all 811 characters" }).click();
    expect(await table.innerText()).toContain("end");
  });

  test("a consumer is active, and its lease is listed, for as long as it holds its lock", async () => {
    await page.evaluate((name) => window.inspected.open(name), `active-${Math.random()}`);
    await show({ bare: true });
    await open("Consumers");
    await page.getByRole("article", { name: "letters" }).waitFor();
    await page.locator("rivulet-inspector").evaluate((one) => one.remove());
    // The stored lease expires, unlike the lock.
    await page.evaluate(() => {
      const { now } = Date;
      Date.now = () => now() + 600_000;
    });
    await show({ bare: true });
    await open("Consumers");
    await expect.poll(() => page.getByRole("article", { name: "letters" }).innerText()).toContain("active elsewhere");
    await open("Storage");
    await expect.poll(() => panel().innerText()).toContain("consumer/letters a client calls its handler");
  });

  /** Whether a field of the view is too narrow for a text. */
  async function cutsOff(label: string, text: string): Promise<boolean> {
    const input = panel().getByLabel(label, { exact: true });
    await input.fill(text);
    return input.evaluate((one) => one.scrollWidth > one.clientWidth);
  }

  /** Appends an event, and waits until a part of the view was drawn again. */
  async function redrawn(part: Locator): Promise<void> {
    const before = await part.elementHandle();
    await append("note-1", "noted", {});
    await expect.poll(() => before?.evaluate((one) => one.isConnected)).toBe(false);
  }

  async function append(stream: string, type: string, data: unknown): Promise<void> {
    await page.evaluate(([to, of, what]) => window.inspected.append(to, of, what), [stream, type, data] as const);
  }

  function note(): Promise<string> {
    return page.locator(".tools [role=status]").last().innerText();
  }
});

/**
 * Runs in the page: finds texts and placeholders that are cut off without a sign, words and numbers in tables that are broken into lines,
 * scrollbars beside each other, and buttons that are seen only after the table was moved sideways.
 */
function findSpoilt(): string[] {
  const root = document.querySelector("rivulet-inspector")?.shadowRoot;
  const all = [...(root?.querySelectorAll<HTMLElement>("#panel *") ?? [])];
  const cut = all.filter((one) => {
    const { overflowX, textOverflow, display } = getComputedStyle(one);
    // A flexible box shows no ellipsis.
    const tells = textOverflow === "ellipsis" && !display.includes("flex");
    return /hidden|clip/.test(overflowX) && one.scrollWidth > one.clientWidth + 1 && !tells;
  });
  const broken: string[] = [];
  for (const cell of all.filter(({ tagName }) => tagName === "TD")) {
    const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
    while (texts.nextNode() !== null) {
      const text = texts.currentNode as Text;
      for (const { 0: word, index } of text.data.matchAll(/[\p{L}\d.,:]{1,20}/gu)) {
        const range = document.createRange();
        range.setStart(text, index);
        range.setEnd(text, index + word.length);
        if (new Set([...range.getClientRects()].map(({ top }) => top)).size > 1) broken.push(`broken: ${word}`);
      }
    }
  }
  const pen = document.createElement("canvas").getContext("2d") as CanvasRenderingContext2D;
  const hidden = all.filter((one) => {
    if (!(one instanceof HTMLInputElement) || one.clientWidth === 0) return false;
    const { font, fontSize, paddingLeft, paddingRight } = getComputedStyle(one);
    pen.font = font;
    // A field with a list keeps room for the arrow that opens it.
    const button = one.list === null ? 0 : 1.5 * parseFloat(fontSize);
    const room = one.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight) - button;
    return pen.measureText(one.placeholder).width > room;
  });
  const scrolled = all.filter(
    (one) => /auto|scroll/.test(getComputedStyle(one).overflowY) && one.scrollHeight > one.clientHeight + 1,
  );
  const rightOf = (one: Element): number => one.getBoundingClientRect().right;
  const doubled = scrolled.filter((one) =>
    scrolled.some((outer) => outer !== one && outer.contains(one) && Math.abs(rightOf(outer) - rightOf(one)) < 20),
  );
  const aside = all.filter((one) => {
    const table = one.tagName === "BUTTON" ? one.closest(".scroll") : null;
    return table !== null && rightOf(one) > rightOf(table);
  });
  return [
    ...doubled.map((one) => `two scrollbars: ${one.className}`),
    ...aside.map((one) => `aside: ${one.innerText}`),
    ...cut.map((one) => `cut: ${one.className} ${one.innerText.slice(0, 60)}`),
    ...hidden.map((one) => `cut: ${(one as HTMLInputElement).placeholder}`),
    ...broken,
  ];
}
