import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startBrowser, type Browser } from "../support/browser.ts";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import { openSite, type Site } from "../support/site.ts";
import { unawaited } from "../support/unawaited.ts";

/** One call of a handler in some tab. */
interface Handled {
  readonly store: string;
  readonly tab: string;
  readonly position: number;
  readonly token: number;
}

describe.skipIf(mayBeLeftOut("chromium"))("consumers over tabs", () => {
  let site: Site;
  let browser: Browser;
  let stores = 0;
  /** The calls that handlers have posted; each handler waits until its call is taken. */
  const all: Handled[] = [];

  beforeAll(async () => {
    site = await openSite({ pages: ["consumers"] });
    browser = await startBrowser();
    unawaited(hear());
  });
  afterAll(async () => {
    await browser.close();
    await site.close();
  });

  async function hear(): Promise<void> {
    for (;;) all.push(JSON.parse(await site.posted("/handled")) as Handled);
  }

  const freshName = (): string => `store-${++stores}`;

  const handledIn = (name: string): Handled[] => all.filter(({ store }) => store === name);

  async function openTab(name: string, tab: string, holdAt?: number): Promise<Page> {
    const page = await browser.open(site.url("consumers"));
    await page.evaluate((args) => window.consuming.open(...args), [name, tab, holdAt] as const);
    return page;
  }

  const statuses = (pages: readonly Page[]): Promise<string[]> =>
    Promise.all(pages.map((page) => page.evaluate(() => window.consuming.status())));

  /** Resolves with the active tab once there is one. */
  async function activeOf(pages: readonly Page[]): Promise<Page> {
    let found: readonly string[] = [];
    await expect.poll(async () => (found = await statuses(pages)), { timeout: 20_000 }).toContain("active");
    return pages[found.indexOf("active")] as Page;
  }

  test("of three tabs one is active; when it closes, navigates away or crashes, another continues, and every event is handled in order", async () => {
    const name = freshName();
    let pages = await Promise.all(["one", "two", "three"].map((tab) => openTab(name, tab)));
    const writer = await openTab(name, "writer");
    pages.push(writer);
    const lags: number[] = [];

    for (const way of ["close", "leave", "crash"]) {
      const active = await activeOf(pages);
      // The tab that appends stays open. It is the last in the queue, except for one opened at the same time.
      if (active === writer) throw new Error("the queue for the turn is not in order");
      const appended = writer.evaluate(() => window.consuming.append(60));
      const some = handledIn(name).length + 15;
      await expect.poll(() => handledIn(name).length, { timeout: 20_000 }).toBeGreaterThan(some);
      if (way === "close") await active.close();
      if (way === "leave") await active.goto("about:blank");
      if (way === "crash") {
        const crashed = active.waitForEvent("crash");
        active.goto("chrome://crash").catch(() => undefined);
        await crashed;
      }
      pages = pages.filter((page) => page !== active);
      await appended;
      expect((await statuses(pages)).filter((status) => status === "active").length).toBeLessThanOrEqual(1);
      await Promise.all(pages.map((page) => page.evaluate(() => window.consuming.caughtUp())));
      lags.push(...(await Promise.all(pages.map((page) => page.evaluate(() => window.consuming.lag())))));
    }

    expect(lags).toEqual([0, 0, 0, 0, 0, 0]);
    expectInOrder(handledIn(name), 180);
    expect(new Set(handledIn(name).map(({ token }) => token)).size).toBeGreaterThan(3);
    expect(new Set(handledIn(name).map(({ tab }) => tab))).toEqual(new Set(["one", "two", "three", "writer"]));
    await writer.close();
  });

  test.each([
    ["frozen", "freeze", "resume"],
    ["kept for the way back", "pagehide", "pageshow"],
  ] as const)(
    "an active tab that is %s passes its turn on, and what it had in hand counts no more",
    async (_state, hide, show) => {
      const name = freshName();
      const one = await openTab(name, "one", 3);
      await one.evaluate(() => window.consuming.append(5));
      await expect.poll(() => handledIn(name).length).toBe(3);
      const two = await openTab(name, "two");
      expect(await two.evaluate(() => window.consuming.status())).toBe("waiting");

      await tellPage(one, hide);
      await two.evaluate(() => window.consuming.caughtUp());
      expect(
        handledIn(name)
          .slice(3)
          .every(({ tab }) => tab === "two"),
      ).toBe(true);
      await tellPage(one, show);
      await one.evaluate(() => window.consuming.letGo());

      await expect.poll(() => one.evaluate(() => window.consuming.status())).toBe("waiting");
      expect(await two.evaluate(() => window.consuming.status())).toBe("active");
      expectInOrder(handledIn(name), 5);
      expect([
        await one.evaluate(() => window.consuming.lag()),
        await two.evaluate(() => window.consuming.lag()),
      ]).toEqual([0, 0]);
      await two.evaluate(() => window.consuming.closeConsumer());
      await two.evaluate(() => window.consuming.append(2));
      expect(await one.evaluate(() => window.consuming.caughtUp())).toBe(7);
      expect(
        handledIn(name)
          .slice(-2)
          .map(({ tab }) => tab),
      ).toEqual(["one", "one"]);
      await Promise.all([one.close(), two.close()]);
    },
  );

  test("the span of a consumer is linked to that of an append in another tab, and passed on to it", async () => {
    const name = freshName();
    const [handling, writing] = [await browser.open(site.url("consumers")), await browser.open(site.url("consumers"))];
    await handling.evaluate((store) => window.consuming.openTraced(store), name);
    await expect.poll(() => handling.evaluate(() => window.consuming.status())).toBe("active");
    await writing.evaluate((store) => window.consuming.openTraced(store), name);
    await writing.evaluate(() => window.consuming.append(1));
    await writing.evaluate(() => window.consuming.caughtUp());

    const [append] = await writing.evaluate(() => window.consuming.spans());
    const [process] = await handling.evaluate(() => window.consuming.spans());
    expect([append?.name, process?.name]).toEqual(["append", "process traced"]);
    expect(process?.links).toEqual([append?.id]);
    expect(await writing.evaluate(() => window.consuming.parents())).toEqual([append?.id, process?.id]);
    await Promise.all([handling.close(), writing.close()]);
  });

  test("a consumer that is closed, active or waiting, and one whose store ends, keep no lock", async () => {
    const name = freshName();
    const pages = await Promise.all(["one", "two", "three"].map((tab) => openTab(name, tab)));
    await activeOf(pages);
    const [one, two, three] = pages as [Page, Page, Page];
    const locks = (): Promise<readonly string[]> => three.evaluate((store) => window.consuming.locks(store), name);
    await expect.poll(locks).toHaveLength(3);

    const waiting = (await activeOf(pages)) === one ? two : one;
    await waiting.evaluate(() => window.consuming.closeConsumer());
    await expect.poll(locks).toHaveLength(2);
    const other = waiting === one ? two : one;
    // While put away, a consumer neither holds nor requests the lock. If it is closed meanwhile, it ends when the page
    // is restored, because a call to the storage may be pending.
    await tellPage(other, "freeze");
    await expect.poll(locks).toHaveLength(1);
    const closed = other.evaluate(() => window.consuming.closeConsumer());
    await tellPage(other, "resume");
    await closed;
    await expect.poll(() => three.evaluate(() => window.consuming.status())).toBe("active");
    expect(await locks()).toHaveLength(1);
    await three.evaluate(() => window.consuming.close());
    await expect.poll(locks).toEqual([]);
    await Promise.all(pages.map((page) => page.close()));
  });

  test("consumers of a database that is removed end with the reason, both the active and the waiting one", async () => {
    const name = freshName();
    const pages = [await openTab(name, "one"), await openTab(name, "two")];
    await activeOf(pages);

    await pages[1]?.evaluate(() => window.consuming.destroy());

    for (const page of pages) {
      await expect.poll(() => page.evaluate(() => window.consuming.status())).toBe("stopped");
      expect(await page.evaluate(() => window.consuming.error())).toBe("store-replaced");
    }
    await Promise.all(pages.map((page) => page.close()));
  });
});

/** Checks that every event was handled, in order, and that no later lease overlaps an earlier one. */
function expectInOrder(heard: readonly Handled[], count: number): void {
  let handled = 0;
  let token = 0;
  // Sorted by token, because messages that two tabs send at almost the same time may arrive in either order.
  for (const one of [...heard].sort((a, b) => a.token - b.token)) {
    expect(one.position, JSON.stringify(heard)).toBeLessThanOrEqual(handled + 1);
    expect(one.token).toBeGreaterThanOrEqual(token);
    handled = Math.max(handled, one.position);
    token = one.token;
  }
  expect(handled).toBe(count);
}

/** The events of a page that is put away or restored, which Chromium under a debugger does not send by itself. */
async function tellPage(page: Page, type: "freeze" | "resume" | "pagehide" | "pageshow"): Promise<void> {
  await page.evaluate((event) => {
    if (event === "freeze" || event === "resume") document.dispatchEvent(new Event(event));
    else window.dispatchEvent(new PageTransitionEvent(event, { persisted: true }));
  }, type);
}
