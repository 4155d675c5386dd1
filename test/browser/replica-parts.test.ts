/** The parts of a replica's code that a tab loads when it needs them. */
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { startBrowser, type Browser } from "../support/browser.ts";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import {
  atHub,
  connectionOf,
  nextName,
  showsConfirmed,
  shownBy,
  startHub,
  useReplicaSite,
} from "../support/sync/replica-pages.ts";

const site = useReplicaSite();

describe.skipIf(mayBeLeftOut("chromium"))("the parts of a replica's code", () => {
  let browser: Browser;
  let complaints: string[];

  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterEach(async () => {
    for (const page of browser.context.pages().slice(1)) await page.close();
  });
  afterAll(() => browser?.close());

  const partsOf = (page: Page): Promise<string[]> => page.evaluate(() => window.replicas.parts());
  const statusOf = (page: Page): Promise<{ connection: string; error: string | undefined; pending: number }> =>
    page.evaluate(() => window.replicas.status());
  const deposit = (page: Page, label: string): Promise<string> =>
    page.evaluate(
      (one) =>
        window.replicas.deposit([one]).then(
          () => "durable",
          (error: { code: string }) => error.code,
        ),
      label,
    );

  /** Opens a tab that follows the hub and uses none of its replica's verbs. `missing`: the part that does not reach it. */
  async function openTab(hub: { readonly url: string }, name: string, ...missing: string[]): Promise<Page> {
    const page = await browser.open();
    complaints = [];
    page.on("pageerror", (error) => complaints.push(String(error)));
    for (const part of missing) await page.route(`**/${part}-*.js`, (route) => route.abort());
    await page.goto(site.url);
    await page.evaluate((args) => window.replicas.follow(...args), [name, hub.url, "ada"] as const);
    return page;
  }

  test("a tab loads the code for speaking only when it speaks, and each other part with its first use", async () => {
    const hub = await startHub();
    const name = nextName();
    const speaking = await openTab(hub, name);
    await expect.poll(() => connectionOf(speaking)).toBe("live");
    const other = await openTab(hub, name);
    await expect.poll(() => connectionOf(other)).toBe("live");
    expect([await partsOf(speaking), await partsOf(other)]).toEqual([["speaking"], []]);

    await other.evaluate(() => window.replicas.show());
    expect(await deposit(other, "a")).toBe("durable");
    await showsConfirmed(other, ["a"]);
    expect(await partsOf(other)).toEqual(["verbs"]);
    expect(await other.evaluate(() => window.replicas.labels())).toEqual(["a"]);
    expect(await partsOf(other)).toEqual(["verbs", "queries"]);

    await speaking.close();
    expect(await deposit(other, "b")).toBe("durable");
    await showsConfirmed(other, ["a", "b"]);
    expect(await partsOf(other)).toEqual(["verbs", "queries", "speaking"]);
  });

  test("a tab that the code for speaking does not reach is offline, works on, and speaks once it has loaded it", async () => {
    const hub = await startHub();
    const page = await openTab(hub, nextName(), "speaking");
    await page.evaluate(() => window.replicas.show());
    await expect.poll(() => statusOf(page)).toMatchObject({ connection: "offline", error: "code-unavailable" });
    expect(await deposit(page, "a")).toBe("durable");
    await expect.poll(() => shownBy(page)).toMatchObject({ labels: ["a"], unconfirmed: 1, pending: ["a"] });
    expect(await atHub(hub)).toEqual([]);

    await page.unroute("**/speaking-*.js");
    await page.evaluate(() => window.replicas.hurry());

    await showsConfirmed(page, ["a"]);
    expect(await atHub(hub)).toEqual(["a"]);
    expect(complaints).toEqual([]);
  });

  test("where the code for speaking does not reach one tab, another one speaks", async () => {
    const hub = await startHub();
    const name = nextName();
    const page = await openTab(hub, name, "speaking");
    await expect.poll(() => statusOf(page)).toMatchObject({ error: "code-unavailable" });
    const other = await openTab(hub, name);
    await expect.poll(() => partsOf(other)).toEqual(["speaking"]);

    await page.evaluate(() => window.replicas.show());
    expect(await deposit(page, "a")).toBe("durable");
    await showsConfirmed(page, ["a"]);
    expect(complaints).toEqual([]);
  });

  test("a verb or a query whose code does not reach the tab is refused, and works with the next call", async () => {
    const hub = await startHub();
    const page = await openTab(hub, nextName(), "verbs", "queries");
    await expect.poll(() => connectionOf(page)).toBe("live");
    expect(await deposit(page, "a")).toBe("code-unavailable");
    expect(await page.evaluate(() => window.replicas.labels())).toBe("code-unavailable");
    expect(await statusOf(page)).toMatchObject({ connection: "live", pending: 0 });

    await page.unroute("**/verbs-*.js");
    expect(await deposit(page, "b")).toBe("durable");
    expect(await page.evaluate(() => window.replicas.labels())).toBe("code-unavailable");

    await page.unroute("**/queries-*.js");
    expect(await page.evaluate(() => window.replicas.labels())).toEqual(["b"]);
    await page.evaluate(() => window.replicas.show());
    await showsConfirmed(page, ["b"]);
    expect(await atHub(hub)).toEqual(["b"]);
    expect(complaints).toEqual([]);
  });
});
