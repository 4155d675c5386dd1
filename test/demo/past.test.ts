import type { Page } from "playwright-core";
import { writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { startBrowser, type Browser } from "../support/browser.ts";
import {
  addCounter,
  buildDemoPage,
  counterCard,
  openCounters,
  openDemoSite,
  press,
  startDemoService,
} from "../support/demo-page.ts";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import type { Site } from "../support/site.ts";
import { temporaryFolder, temporaryPath } from "../support/temporary.ts";

/** What a control has to be while the past is shown: unusable, or without an effect on what is stored. */
type InPast = "disabled" | "harmless";

/** Every control of the page. A new one has to be listed here, and be what it is listed as. */
const CONTROLS: Readonly<Record<string, InPast>> = {
  "link Skip to the counters": "harmless",
  "link Documentation": "harmless",
  "link first steps": "harmless",
  "link Open another tab": "harmless",
  "radio This browser": "harmless",
  "radio Shared": "harmless",
  "button Inspect": "harmless",
  "button Dark theme": "harmless",
  "button Remove Laps": "disabled",
  "button Take 1 from Laps": "disabled",
  "number Step of Laps": "disabled",
  "button Add 1 to Laps": "disabled",
  "button Undo in Laps": "disabled",
  "button Redo in Laps": "disabled",
  "text Name of the new counter": "disabled",
  "button Add": "disabled",
  "button One event back": "harmless",
  "range Travel through time": "harmless",
  "button One event forward": "harmless",
  "button Back to now": "harmless",
  "select Counter in the plot": "harmless",
  "radio by event": "harmless",
  "radio by time": "harmless",
  "select Counter": "harmless",
  "select Type": "harmless",
  "button Event n in full": "harmless",
  "button Close this event": "harmless",
  "radio by value": "harmless",
  "radio by activity": "harmless",
  "button Rebuild from the events": "disabled",
  "summary The query": "harmless",
  "button Protect from eviction": "disabled",
  "select Counter of the random walk": "disabled",
  "button Append 10,000 events": "disabled",
  "button Export": "harmless",
  "button Import …": "disabled",
  "file Database to import": "disabled",
  "button Export first": "harmless",
  "button Replace": "disabled",
  "button Cancel": "harmless",
  "select Counter of the conflict": "disabled",
  "button Again": "disabled",
};

/** The same for counters that are shared with others, where they differ. */
const SHARED: Readonly<Record<string, InPast>> = {
  "checkbox Offline": "harmless",
  "button Provoke a conflict": "disabled",
  "button Try again": "disabled",
  "button Discard": "disabled",
};

describe.skipIf(mayBeLeftOut("chromium"))("every control of the page, while the past is shown", () => {
  let site: Site;
  let browser: Browser;

  beforeAll(async () => {
    [site, browser] = await Promise.all([openDemoSite(), startBrowser()]);
  });
  afterAll(async () => {
    await browser.close();
    await site.close();
  });

  test("is listed, and disabled or harmless: with counters of this browser", async () => {
    const page = await openCounters(browser, site.url("index"));
    await press(page, "Remove Cups of coffee");
    await addCounter(page, "Laps");
    await press(page, "Add 1 to Laps", 2);
    await press(page, "Undo in Laps");
    await press(page, "Provoke a conflict");
    await page.locator(".story").waitFor();
    const path = temporaryPath();
    writeFileSync(path, "no database");
    await page.getByLabel("Database to import").setInputFiles(path);
    await page.locator(".log-body .opener").first().click();

    await expect.poll(() => eventsOf(page)).toBe("8");

    await goBack(page);

    await expect.poll(() => controlsOf(page), { message: "the controls" }).toEqual(CONTROLS);
    await expectHarmless(page, 8);
  });

  test("is listed, and disabled or harmless: with counters that are shared", async () => {
    const folder = await buildDemoPage();
    const service = await startDemoService(`${temporaryFolder()}/counters.db`, folder);
    onTestFinished(() => service.stop());
    const page = await browser.open(service.url);
    await page.getByRole("radio", { name: "Shared" }).check();
    await counterCard(page, "Cups of coffee").waitFor();
    await addCounter(page, "Laps");
    await page.getByText("Nothing waits for the hub.").waitFor();
    // Two that are offline add one counter: the hub refuses the second.
    await page.getByRole("switch", { name: "Offline" }).check();
    await addCounter(page, "Twice");
    await fetch(new URL("api/run", service.url), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ command: { type: "open", label: "Twice" }, tab: "a program" }),
    });
    await page.getByRole("switch", { name: "Offline" }).uncheck();
    await page.getByText("Refused by the hub").waitFor();

    await expect.poll(() => eventsOf(page)).toBe("3");

    await goBack(page);

    const all = { ...CONTROLS, ...SHARED };
    const found = await controlsOf(page);
    const unknown = Object.keys(found).filter((name) => !(withoutNames(name) in all));
    expect(unknown).toEqual([]);
    expect(Object.keys(found)).toEqual(expect.arrayContaining(Object.keys(SHARED)));
    for (const [name, state] of Object.entries(found)) {
      if (all[withoutNames(name)] === "disabled") expect(state, name).toBe("disabled");
    }
    await expectHarmless(page, 3);
    await page.getByText("Nothing waits for the hub.").waitFor();
    expect(await eventsOf(page)).toBe("4");
    await page.getByText("Refused by the hub").waitFor();
  });
});

/** Goes to where there was one counter more or fewer, and waits until that is shown. */
async function goBack(page: Page): Promise<void> {
  await press(page, "One event back");
  await page.getByRole("status").getByText("the past").waitFor();
}

/** The other counters have the same controls as Laps. */
function withoutNames(name: string): string {
  return name.replace(/Cups of coffee|Twice/, "Laps");
}

function controlsOf(page: Page): Promise<Record<string, string>> {
  return page.evaluate(findControls);
}

/**
 * Presses and changes whatever is there, whether it can be used or not, and sees that nothing is stored but what is done
 * afterwards. What would be stored late ends with the page, so the events are counted again in the next one.
 */
async function expectHarmless(page: Page, before: number): Promise<void> {
  await page.evaluate(useControls);
  await press(page, "Back to now");
  await page.getByText("Drag to see how it was.").waitFor();
  await press(page, "Add 1 to Laps");
  for (const reloads of [false, true]) {
    if (reloads) await page.reload();
    await expect.poll(() => eventsOf(page)).toBe(String(before + 1));
  }
}

function eventsOf(page: Page): Promise<string> {
  const term = page.getByText("Events", { exact: true }).and(page.locator("dt"));
  return page.locator(".fact", { has: term }).locator("dd").innerText();
}

/** Runs in the page: every control that can be seen or chosen, by its kind and name, and whether it can be used. */
function findControls(): Record<string, string> {
  const found: Record<string, string> = {};
  for (const one of document.querySelectorAll<HTMLElement>(
    "a, button, input, select, textarea, summary, [tabindex='0']",
  )) {
    if (!one.checkVisibility() || one.matches("[role=table]")) continue;
    const kind = one instanceof HTMLInputElement ? one.type : one.localName === "a" ? "link" : one.localName;
    const labels = "labels" in one ? [...((one.labels ?? []) as NodeListOf<HTMLElement>)] : [];
    const name = one.getAttribute("aria-label") ?? labels[0]?.innerText ?? one.innerText;
    const key = `${kind} ${name.trim().replace(/^Event [\d,]+/, "Event n")}`;
    const off = one.matches(":disabled, [aria-disabled=true]");
    found[key] = off && found[key] !== "harmless" ? "disabled" : "harmless";
  }
  return found;
}

/** Runs in the page: presses every button but those that leave the past, and submits every form. */
function useControls(): void {
  const leaving = /^(Back to now|One event (back|forward)|Inspect|(Dark|Light) theme|Cancel|Export( first)?)$/;
  for (const button of document.querySelectorAll<HTMLElement>("main button")) {
    const name = button.getAttribute("aria-label") ?? button.innerText;
    if (!leaving.test(name)) button.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
  }
  for (const form of document.querySelectorAll("form"))
    form.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
  document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "z", ctrlKey: true, bubbles: true }));
}
