/** Replicas in pages that the browser freezes, keeps for the way back, or shows again. */
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { startBrowser, type Browser } from "../support/browser.ts";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import type { ObservedHub } from "../support/sync/observed-hub.ts";
import {
  atHub,
  connectionOf,
  depositAtHub,
  holdTimers,
  nextName,
  numbered,
  showsConfirmed,
  startHub,
  useReplicaSite,
} from "../support/sync/replica-pages.ts";

const site = useReplicaSite();

/** Puts a page away, and resolves with a function that restores it. */
type PutAway = (page: Page) => Promise<() => Promise<unknown>>;

describe.skipIf(mayBeLeftOut("chromium"))("replicas in pages that Chromium puts away", () => {
  let browser: Browser;

  beforeAll(async () => {
    // A visible page cannot be frozen.
    browser = await startBrowser({ hiding: true });
  });
  afterEach(async () => {
    for (const page of browser.context.pages().slice(1)) await page.close();
  });
  afterAll(() => browser?.close());

  /** Puts a page away as the browser does, and returns a function that restores it. */
  const ways = {
    async frozen(page: Page) {
      await (await browser.open(site.url)).bringToFront();
      const devtools = await browser.context.newCDPSession(page);
      await devtools.send("Page.setWebLifecycleState", { state: "frozen" });
      return () => devtools.send("Page.setWebLifecycleState", { state: "active" });
    },
    async "kept for the way back"(page: Page) {
      await page.goto("about:blank");
      // It is restored without loading, so there is no load event to wait for.
      return () => page.goBack({ waitUntil: "commit" });
    },
  } satisfies Readonly<Record<string, PutAway>>;

  test.each(Object.entries(ways))(
    "a page that is %s holds no connection, and when it is restored everything arrives and is sent",
    async (_way, putAway) => {
      const hub = await startHub();
      for (let attempt = 1; !(await isRestored(hub, putAway, `${attempt} `)); attempt++) {
        // The browser may discard a page that it was to keep.
        expect(attempt).toBeLessThan(5);
      }
    },
  );

  /** Resolves with false if the page was loaded again instead. */
  async function isRestored(hub: ObservedHub, putAway: PutAway, prefix: string): Promise<boolean> {
    const before = await atHub(hub);
    const page = await site.openTab(browser, hub, nextName(), holdTimers);
    await showsConfirmed(page, before);
    await page.evaluate(() => Object.assign(window, { wasHere: true, timersStopped: true }));
    let answer = (): void => undefined;
    hub.delay = new Promise((resolve) => (answer = resolve));
    const sent = `${prefix}in flight`;
    await page.evaluate((label) => window.replicas.deposit([label]), sent);
    await expect.poll(() => hub.pushed).toContain(sent);
    const bringBack = await putAway(page);
    await expect.poll(() => hub.pulls.open).toBe(0);
    const meanwhile = numbered(`${prefix}meanwhile`, 20);
    await depositAtHub(hub, meanwhile);

    await bringBack();
    const kept = await page.evaluate(() => "wasHere" in window);
    if (kept) await expect.poll(() => hub.pushed.filter((label) => label === sent)).toHaveLength(2);
    hub.delay = undefined;
    answer();
    if (!kept) await page.close();
    else {
      await showsConfirmed(page, [...before, ...meanwhile, sent]);
      expect(await page.evaluate(() => window.replicas.outcomes())).toEqual({ [sent]: "confirmed" });
    }
    return kept;
  }

  test("another tab goes on at once for a tab that is frozen, which shows the same when it is restored", async () => {
    const hub = await startHub();
    const name = nextName();
    const [away, other] = [await site.openTab(browser, hub, name), await site.openTab(browser, hub, name)];
    await expect.poll(() => connectionOf(other)).toBe("live");
    expect(await other.evaluate(() => window.replicas.requests())).toBe(0);
    const bringBack = await ways.frozen(away);

    await other.evaluate(() => window.replicas.deposit(["meanwhile"]));
    await showsConfirmed(other, ["meanwhile"]);
    expect(hub.pulls.open).toBe(1);
    const before = await other.evaluate(() => window.replicas.requests());
    await bringBack();

    await showsConfirmed(away, ["meanwhile"]);
    await other.evaluate(() => window.replicas.deposit(["after"]));
    for (const page of [away, other]) await showsConfirmed(page, ["meanwhile", "after"]);
    expect(before).toBeGreaterThan(0);
    expect(hub.pulls.open).toBe(1);
    expect(hub.pushed).toEqual(["meanwhile", "after"]);
  });

  test("a tab that comes to the front lets the tab that speaks connect at once", async () => {
    const hub = await startHub();
    const name = nextName();
    const [speaking, other] = [
      await site.openTab(browser, hub, name, holdTimers),
      await site.openTab(browser, hub, name, holdTimers),
    ];
    for (const page of [speaking, other]) {
      await expect.poll(() => connectionOf(page)).toBe("live");
      await page.evaluate(() => void (window.timersStopped = true));
    }
    await browser.open(site.url);
    hub.stop();
    for (const page of [speaking, other]) await expect.poll(() => connectionOf(page)).toBe("offline");
    hub.start();

    await other.bringToFront();

    for (const page of [speaking, other]) await expect.poll(() => connectionOf(page)).toBe("live");
    expect(await other.evaluate(() => window.replicas.requests())).toBe(0);
  });
});
