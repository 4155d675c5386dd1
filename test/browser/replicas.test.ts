/** Replicas in browsers, over HTTP with a hub in Node. */
import { copyFileSync, rmSync } from "node:fs";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { startBrowser, type Browser } from "../support/browser.ts";
import { startScript } from "../support/child.ts";
import { newProfile, startFirefox } from "../support/firefox.ts";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import type { ShownBrowser } from "../support/shown-browser.ts";
import type { ObservedHub } from "../support/sync/observed-hub.ts";
import {
  atHub,
  connectionOf,
  depositAtHub,
  holdTimers,
  nextName,
  numbered,
  showsConfirmed,
  shownBy,
  startHub,
  useReplicaSite,
} from "../support/sync/replica-pages.ts";
import { temporaryPath } from "../support/temporary.ts";
import type { Shown } from "./pages/replicas.ts";

const TABS = 10;

const site = useReplicaSite();

describe.skipIf(mayBeLeftOut("chromium"))("replicas in Chromium", () => {
  let browser: Browser;
  let name: string;

  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterEach(async () => {
    for (const page of browser.context.pages().slice(1)) await page.close();
  });
  afterAll(() => browser?.close());
  const fresh = (): string => (name = nextName());

  test.skipIf(mayBeLeftOut("firefox"))(
    "a profile of Chromium and one of Firefox, which is killed while the hub is away, converge",
    async () => {
      const hub = await startHub();
      hub.stop();
      const here = await site.openTab(browser, hub, fresh());
      await here.evaluate((labels) => window.replicas.deposit(labels), numbered("chromium", 5));
      const labels = numbered("firefox", 5);
      const profile = newProfile();
      const start = (deposits: readonly string[]): ShownBrowser => {
        const given = new URLSearchParams({ hub: hub.url, client: "firefox", deposits: deposits.join(",") });
        const started = startFirefox(`${site.url}?${given.toString()}`, profile);
        onTestFinished(() => started.close());
        return started;
      };
      const shows = async (firefox: ShownBrowser, isIt: (shown: Shown) => boolean): Promise<Shown> => {
        for (;;) {
          const shown = JSON.parse(await Promise.race([site.posted("/firefox"), firefox.ended])) as Shown;
          if (isIt(shown)) return shown;
        }
      };
      const first = start(labels);
      await shows(first, ({ pending }) => pending.length === 5);
      await first.kill();
      hub.start();
      const second = start([]);
      const there = await shows(second, (shown) => shown.labels.length === 10 && shown.unconfirmed === 0);

      const all = await atHub(hub);
      expect([...all].sort()).toEqual([...numbered("chromium", 5), ...labels].sort());
      expect(there.labels).toEqual(all);
      await showsConfirmed(here, all);
    },
  );

  test("what was done offline survives a reload and a kill of the browser, and is confirmed later, once each", async () => {
    const hub = await startHub();
    let page = await site.openTab(browser, hub, fresh());
    await page.evaluate(() => window.replicas.deposit(["online"]));
    await showsConfirmed(page, ["online"]);
    hub.stop();

    const labels = numbered("offline", 6);
    await page.evaluate((given) => window.replicas.deposit(given), labels.slice(0, 3));
    await page.reload();
    await page.evaluate((args) => window.replicas.open(...args), [name, hub.url, "ada"] as const);
    await page.evaluate((given) => window.replicas.deposit(given), labels.slice(3));
    await browser.kill();
    await browser.start();
    page = await site.openTab(browser, hub, name);
    await expect
      .poll(() => shownBy(page))
      .toMatchObject({ labels: ["online", ...labels], unconfirmed: 6, pending: labels });
    expect(await page.evaluate(() => window.replicas.stored())).toEqual([["online", 1]]);
    hub.start();

    await showsConfirmed(page, ["online", ...labels]);
    expect(await atHub(hub)).toEqual(["online", ...labels]);
  });

  test(`${TABS} tabs of one profile have one pull, show the same, and push nothing twice or out of order, also when the tab that speaks is killed`, async () => {
    const hub = await startHub();
    fresh();
    const pages: Page[] = [];
    for (let number = 0; number < TABS; number++) pages.push(await site.openTab(browser, hub, name));
    for (const page of pages) await expect.poll(() => connectionOf(page)).toBe("live");
    const speaking = async (): Promise<boolean[]> =>
      Promise.all(pages.map((page) => page.evaluate(() => window.replicas.requests() > 0)));
    expect((await speaking()).filter((does) => does)).toHaveLength(1);

    const depositIn = (round: string): Promise<unknown> =>
      Promise.all(
        pages.map((page, number) =>
          page.evaluate((labels) => window.replicas.deposit(labels), numbered(`${round} ${number}`, 4)),
        ),
      );
    await depositIn("first");
    const first = await atHubOnce(hub, TABS * 4);
    for (const page of pages) await showsConfirmed(page, first);
    expect(hub.pulls).toEqual({ open: 1, most: 1 });
    expect(hub.pushed).toEqual(first);

    // It is killed while its push is at the hub, which answers nobody.
    let answer = (): void => undefined;
    hub.delay = new Promise((resolve) => (answer = resolve));
    const before = hub.pushed.length;
    const killed = pages[(await speaking()).indexOf(true)] as Page;
    const rest = pages.filter((page) => page !== killed);
    await Promise.all(
      rest.map((page, number) =>
        page.evaluate((labels) => window.replicas.deposit(labels), numbered(`second ${number}`, 4)),
      ),
    );
    await expect.poll(() => hub.pushed.length).toBeGreaterThan(before);
    pages.splice(pages.indexOf(killed), 1);
    const crashed = killed.waitForEvent("crash");
    killed.goto("chrome://crash").catch(() => undefined);
    await crashed;
    await expect.poll(async () => (await speaking()).filter((does) => does)).toHaveLength(1);
    answer();

    const second = await atHubOnce(hub, TABS * 4 + rest.length * 4);
    for (const page of rest) await showsConfirmed(page, second);
    // What the killed tab had sent is sent again, in the same order; the rest once.
    expect([...new Set(hub.pushed)]).toEqual(second);
    for (const number of rest.keys()) {
      const own = second.filter((label) => label.startsWith(`second ${number} `));
      expect(own).toEqual(numbered(`second ${number}`, 4));
    }
    expect(hub.pulls.open).toBe(1);
  });

  /** Waits until so many events are at the hub; each label must be there once. */
  async function atHubOnce(hub: ObservedHub, count: number): Promise<string[]> {
    await expect.poll(() => atHub(hub)).toHaveLength(count);
    const labels = await atHub(hub);
    expect(new Set(labels).size).toBe(count);
    return labels;
  }

  test("a page connects when the network is back, without waiting for its timers", async () => {
    const hub = await startHub();
    const page = await site.openTab(browser, hub, fresh(), holdTimers);
    await expect.poll(() => connectionOf(page)).toBe("live");
    const devtools = await browser.context.newCDPSession(page);
    const emulate = (offline: boolean): Promise<unknown> =>
      devtools.send("Network.emulateNetworkConditions", {
        offline,
        latency: 0,
        downloadThroughput: -1,
        uploadThroughput: -1,
      });
    await page.evaluate(() => void (window.timersStopped = true));
    await emulate(true);
    hub.stop();
    hub.start();
    await expect.poll(() => connectionOf(page)).toBe("offline");
    const failed = page.waitForEvent("requestfailed", (request) => request.url().endsWith("/push"));
    await page.evaluate(() => window.replicas.deposit(["offline"]));
    await depositAtHub(hub, ["meanwhile"]);
    // Otherwise it might be sent for the first time once the network is back.
    await failed;

    await emulate(false);

    await showsConfirmed(page, ["meanwhile", "offline"]);
  });

  test("a hub that was restored from a backup is noticed by every tab, which keep what is pending", async () => {
    const path = temporaryPath();
    const port = 0;
    let hub = startScript("bank-hub", path, port);
    const url = (await hub.line("listening")).replace("listening ", "");
    const again = async (): Promise<void> => {
      hub = startScript("bank-hub", path, Number(new URL(url).port));
      await hub.line("listening");
    };
    fresh();
    const pages = [await site.openTab(browser, { url }, name), await site.openTab(browser, { url }, name)];
    const [one, two] = pages as [Page, Page];
    await one.evaluate(() => window.replicas.deposit(["kept"]));
    for (const page of pages) await showsConfirmed(page, ["kept"]);
    hub.interrupt("SIGKILL");
    await hub.ended;
    for (const end of ["", "-wal"]) copyFileSync(path + end, `${path}.backup${end}`);
    await again();
    await two.evaluate(() => window.replicas.deposit(["lost"]));
    for (const page of pages) await showsConfirmed(page, ["kept", "lost"]);
    hub.interrupt("SIGKILL");
    await hub.ended;
    await one.evaluate(() => window.replicas.deposit(["pending"]));

    for (const end of ["", "-wal"]) copyFileSync(`${path}.backup${end}`, path + end);
    rmSync(`${path}-shm`, { force: true });
    await again();
    for (const page of pages) await page.evaluate(() => window.dispatchEvent(new Event("online")));

    for (const page of pages) {
      await expect
        .poll(() => shownBy(page))
        .toMatchObject({
          labels: ["kept", "lost", "pending"],
          unconfirmed: 1,
          pending: ["pending"],
          connection: "stopped",
          error: "hub-changed",
        });
    }
    hub.kill();
  });

  test("a replica's database that is exported and imported goes on, in the same profile or another; one that is destroyed begins again", async () => {
    const hub = await startHub();
    const page = await site.openTab(browser, hub, fresh());
    await page.evaluate(() => window.replicas.deposit(["one"]));
    await showsConfirmed(page, ["one"]);
    hub.stop();
    await page.evaluate(() => window.replicas.deposit(["pending"]));
    const bytes = await page.evaluate(() => window.replicas.export());
    const copy = await site.openTab(browser, hub, `${name} copy`);
    await copy.evaluate((given) => window.replicas.import(given), bytes);
    await expect.poll(() => shownBy(copy).catch(String)).not.toMatchObject({ connection: "live" });
    await copy.reload();
    await copy.evaluate((args) => window.replicas.open(...args), [`${name} copy`, hub.url, "ada"] as const);
    expect(await shownBy(copy)).toMatchObject({ labels: ["one", "pending"], unconfirmed: 1, pending: ["pending"] });

    hub.start();

    for (const one of [page, copy]) await showsConfirmed(one, ["one", "pending"]);
    expect(await atHub(hub)).toEqual(["one", "pending"]);
    await page.evaluate(() => window.replicas.destroy());
    await expect.poll(() => connectionOf(page)).toBe("stopped");
    await page.reload();
    await page.evaluate((args) => window.replicas.open(...args), [name, hub.url, "ada"] as const);
    await showsConfirmed(page, ["one", "pending"]);
  });
});

describe.skipIf(mayBeLeftOut("chromium"))("replicas in a Chromium whose user clears the site's data", () => {
  test("end in every tab, and begin again with what the hub has", async () => {
    const browser = await startBrowser();
    onTestFinished(() => browser.close());
    const hub = await startHub();
    const name = nextName();
    const pages = [await site.openTab(browser, hub, name), await site.openTab(browser, hub, name)];
    const [one, two] = pages as [Page, Page];
    const uncaught: string[] = [];
    for (const page of pages) page.on("pageerror", (error) => uncaught.push(String(error)));
    await one.evaluate(() => window.replicas.deposit(["one"]));
    for (const page of pages) await showsConfirmed(page, ["one"]);
    const devtools = await browser.context.newCDPSession(one);

    await devtools.send("Storage.clearDataForOrigin", { origin: site.origin, storageTypes: "all" });
    await depositAtHub(hub, ["two"]);

    for (const page of pages) await expect.poll(() => connectionOf(page)).toBe("stopped");
    expect(await two.evaluate(() => window.replicas.deposit(["late"]).catch(({ code }) => code as string))).toBe(
      "store-replaced",
    );
    expect(uncaught).toEqual([]);
    await two.close();
    await one.reload();
    await one.evaluate((args) => window.replicas.open(...args), [name, hub.url, "ada"] as const);
    await showsConfirmed(one, ["one", "two"]);
  });
});
