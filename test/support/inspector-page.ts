import type { Locator, Page } from "playwright-core";
import { beforeAll, beforeEach, expect } from "vitest";
import { startBrowser, type Browser } from "./browser.ts";
import { DESKTOP } from "./looks.ts";
import { openSite, type Site } from "./site.ts";

/** What a user does with the inspector of `test/browser/pages/inspector.ts`, and where to look. */
export interface InspectorPage {
  /** Loads and shows the inspector. `bare`: with the store alone. */
  show(given?: { readonly docked?: boolean; readonly bare?: boolean }): Promise<void>;
  /** Opens one of the views. */
  open(view: string): Promise<void>;
  /** Fills a field of the view, and presses Enter. */
  fillIn(label: string, text: string): Promise<void>;
  panel(): Locator;
  list(): Locator;
  rowsOf(): Locator;
  detail(): Locator;
  /** Returns how many events the filter of the log has found. */
  counted(): Promise<string>;
}

/**
 * Opens that page in Chromium, on a desktop, for each test of a block. A test fails if something is thrown in its page. Returns what a user
 * does there, with the page of the running test.
 */
export function useInspector(): InspectorPage & { page(): Page } {
  let site: Site;
  let browser: Browser;
  let page: Page;
  beforeAll(async () => {
    [site, browser] = await Promise.all([openSite({ pages: ["inspector"] }), startBrowser()]);
    return async () => {
      await browser.close();
      await site.close();
    };
  });
  beforeEach(async () => {
    const complaints: string[] = [];
    page = await browser.open();
    page.on("pageerror", (error) => complaints.push(String(error)));
    await page.setViewportSize(DESKTOP);
    await page.goto(site.url("inspector"));
    return async () => {
      await page.close();
      expect(complaints).toEqual([]);
    };
  });
  return { ...inspectorOn(() => page), page: () => page };
}

function inspectorOn(page: () => Page): InspectorPage {
  const panel = (): Locator => page().getByRole("tabpanel");
  const list = (): Locator => page().getByRole("listbox", { name: "Events, the newest first" });
  return {
    async show(given = {}) {
      await page().evaluate((options) => window.inspected.show(options), given);
      await page().getByRole("tablist").waitFor();
    },
    open: (view) => page().getByRole("tab", { name: view, exact: true }).click(),
    async fillIn(label, text) {
      const input = panel().getByLabel(label, { exact: true });
      await input.fill(text);
      await input.press("Enter");
    },
    panel,
    list,
    rowsOf: () => list().getByRole("option"),
    detail: () => page().getByRole("article", { name: "Event" }),
    counted: () => page().locator(".tools [role=status]").first().innerText(),
  };
}
