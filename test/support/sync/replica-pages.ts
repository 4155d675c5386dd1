/** Pages whose stores follow a hub in Node, for tests of replicas in browsers. */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished } from "vitest";
import type { Shown } from "../../browser/pages/replicas.ts";
import type { Browser } from "../browser.ts";
import { openSite, type Site } from "../site.ts";
import { countTo } from "../tabs.ts";
import { bank, type BankEvent } from "./bank.ts";
import { startObservedHub, type ObservedHub } from "./observed-hub.ts";

const STREAM = "account-1";

/** The labels of the events at a hub, in its order. */
export async function atHub(hub: ObservedHub): Promise<string[]> {
  const events = await hub.store.stream<BankEvent>(STREAM).read().toArray();
  return events.map(({ data }) => data.label);
}

/** Deposits at the hub itself. */
export async function depositAtHub(hub: ObservedHub, labels: readonly string[]): Promise<void> {
  for (const label of labels) {
    const command = { do: "deposit", amount: 1, label } as const;
    await hub.store.stream(STREAM).execute(bank, command, { idempotencyKey: label });
  }
}

export const shownBy = (page: Page): Promise<Shown> => page.evaluate(() => window.replicas.shown());
export const connectionOf = (page: Page): Promise<string> => page.evaluate(() => window.replicas.connection());

/** Waits until a tab shows these labels, all of them confirmed. */
export async function showsConfirmed(page: Page, labels: readonly string[]): Promise<void> {
  await expect
    .poll(() => shownBy(page))
    .toMatchObject({ labels, unconfirmed: 0, pending: [], connection: "live", error: undefined, lag: 0 });
  expect(await page.evaluate(() => window.replicas.stored())).toEqual(labels.map((label, index) => [label, index + 1]));
}

export const numbered = (text: string, count: number): string[] => countTo(count).map((number) => `${text} ${number}`);

let stores = 0;

/** A name that no other store of the file's tests has. */
export const nextName = (): string => `replica-${++stores}`;

export async function startHub(): Promise<ObservedHub> {
  const hub = await startObservedHub();
  onTestFinished(() => hub.close());
  return hub;
}

/** The site of the pages, for all tests of a file. */
export interface ReplicaSite {
  readonly url: string;
  readonly origin: string;
  /** Resolves with what a page posts to a path of the site. */
  posted(path: string): Promise<string>;
  /** Opens a tab of a browser whose store follows the hub. `before` runs first in the page. */
  openTab(browser: Browser, hub: { readonly url: string }, name: string, before?: () => void): Promise<Page>;
}

export function useReplicaSite(): ReplicaSite {
  let site: Site;
  beforeAll(async () => {
    site = await openSite({ pages: ["replicas"] });
  });
  afterAll(() => site?.close());
  return {
    get url() {
      return site.url("replicas");
    },
    get origin() {
      return site.origin;
    },
    posted: (path) => site.posted(path),
    async openTab(browser, hub, name, before) {
      const page = await browser.open();
      if (before !== undefined) await page.addInitScript(before);
      await page.goto(site.url("replicas"));
      await page.evaluate((args) => window.replicas.open(...args), [name, hub.url, "ada"] as const);
      return page;
    },
  };
}

/** Lets the timers of the page's code stand still while `timersStopped` is set, so that it goes on by events only. */
export function holdTimers(): void {
  const { setTimeout: start } = window;
  window.setTimeout = ((task: () => void, time = 0, ...rest: unknown[]) =>
    start(() => window.timersStopped !== true && task(), time, ...rest)) as typeof setTimeout;
}
