import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import type { SqliteWasmOptions } from "rivulet/sqlite-wasm";
import { startBrowser, type Browser, type BrowserOptions } from "./browser.ts";
import { openSite, type Site, type SiteOptions } from "./site.ts";

/** The timeout for tests that start browsers repeatedly on a busy machine, in milliseconds. */
export const PATIENCE = { timeout: 300_000 } as const;

/** An application's site and a Chromium that visits it, from before the first test of a block until after its last. */
export interface Tabs {
  readonly site: Site;
  readonly browser: Browser;
  /** The name of a store that no earlier test used. */
  freshName(): string;
  /** Opens a tab that shows the application, without a store. */
  visit(): Promise<Page>;
  /**
   * Opens a tab with its store; without a name the store is in memory. `watch`: whether the tab records the events that
   * it sees; default: true.
   */
  openTab(name?: string, options?: Omit<SqliteWasmOptions, "name" | "worker"> & { watch?: boolean }): Promise<Page>;
}

export interface TabsOptions extends Partial<SiteOptions>, BrowserOptions {}

/**
 * Call this once in a block of tests. After each test all of its pages are closed, and the site answers with its files.
 */
export function useTabs({ pages = ["tabs"], config = {}, ...options }: TabsOptions = {}): Tabs {
  let site: Site;
  let browser: Browser;
  let stores = 0;

  beforeAll(async () => {
    site = await openSite({ pages, config });
    browser = await startBrowser(options);
  });
  afterEach(async () => {
    site.answer = undefined;
    // The browser would exit with its last page.
    for (const page of browser.context.pages().slice(1)) await page.close();
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
  });

  const visit = (): Promise<Page> => browser.open(site.url(pages[0] as string));

  return {
    get site() {
      return site;
    },
    get browser() {
      return browser;
    },
    freshName: () => `store ${++stores}`,
    visit,
    async openTab(name, { watch = true, ...storeOptions } = {}) {
      const page = await visit();
      const args = [{ ...storeOptions, ...(name !== undefined && { name }) }, watch] as const;
      await page.evaluate((given) => window.tab.open(...given), args);
      return page;
    },
  };
}

/** Opens a tab with its store, and waits until it has a copy of its worker's script. */
export async function openKeeping(tabs: Tabs, name: string): Promise<Page> {
  const page = await tabs.visit();
  await page.evaluate(() => {
    const { blob } = Response.prototype;
    Response.prototype.blob = async function (this: Response): Promise<Blob> {
      const copy = await blob.call(this);
      Object.assign(globalThis, { kept: true });
      return copy;
    };
  });
  await page.evaluate((options) => window.tab.open(options), { name });
  await page.waitForFunction("globalThis.kept");
  return page;
}

/** Waits until a tab's watcher has seen so many events, and finds them in order, without gap, once. */
export async function seesAll(page: Page, count: number): Promise<void> {
  await expect.poll(() => page.evaluate(() => window.tab.seenCount())).toBeGreaterThanOrEqual(count);
  const seen = await page.evaluate(() => window.tab.seen());
  expect(seen.map(([position]) => position)).toEqual(countTo(count).map((index) => index + 1));
}

export function countTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
