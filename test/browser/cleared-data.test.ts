import type { Page } from "playwright-core";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { startFirefox } from "../support/firefox.ts";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import { openSite, type Site } from "../support/site.ts";
import { PATIENCE, useTabs } from "../support/tabs.ts";

/** The answer of an application to a logout. */
const answerLogout: Site["answer"] = (path) =>
  path === "/logout" ? { headers: { "clear-site-data": '"storage"', "content-type": "text/html" } } : undefined;

describe.skipIf(mayBeLeftOut("chromium"))("a site whose data is cleared while its store is open", PATIENCE, () => {
  const tabs = useTabs();
  let name: string;

  beforeEach(() => {
    name = tabs.freshName();
    tabs.site.answer = answerLogout;
  });

  const ways: Readonly<Record<string, (page: Page) => Promise<void>>> = {
    async "a response that clears it, to another tab"() {
      await tabs.browser.open(`${tabs.site.origin}/logout`);
    },
    async "a response that clears it, to the same tab"(page) {
      await page.evaluate(async () => {
        await fetch("/logout");
      });
    },
    "the developer tools, everything": (page) => clear(page, "all"),
    "the developer tools, files alone": (page) => clear(page, "file_systems"),
  };

  async function clear(page: Page, storageTypes: string): Promise<void> {
    const devtools = await tabs.browser.context.newCDPSession(page);
    await devtools.send("Storage.clearDataForOrigin", { origin: tabs.site.origin, storageTypes });
  }

  /** A result of the last check, which is at most 50 ms old, may still count. */
  const append = (page: Page): Promise<string> => page.evaluate(() => window.tab.appendUntilRefused("late"));
  const ending = (page: Page): Promise<unknown> => page.evaluate(() => window.tab.ending());
  const readTexts = async (page: Page): Promise<unknown> =>
    (await page.evaluate(() => window.tab.read())).map(([, , data]) => data);

  /** A new, empty store, which keeps its events. */
  async function expectFresh(page: Page): Promise<void> {
    await page.evaluate((options) => window.tab.open(options), { name });
    await page.evaluate(() => window.tab.append("fresh", 100, 3));
    expect(await readTexts(page)).toEqual([100, 101, 102]);
  }

  describe.each(Object.entries(ways))("by %s", (_way, clearBy) => {
    test("acknowledges nothing any more, and a tab that opens the store afterwards starts with an empty one", async () => {
      const old = await tabs.openTab(name);
      await old.evaluate(() => window.tab.append("old", 0, 5));
      await clearBy(old);

      expect(await append(old)).toBe("store-replaced");
      await expect.poll(() => ending(old)).toBe("store-replaced");
      const fresh = await tabs.visit();
      await expectFresh(fresh);
      // And so does the old tab, beside it.
      await old.evaluate((options) => window.tab.open(options), { name });
      expect(await readTexts(old)).toEqual([100, 101, 102]);
      await old.evaluate(() => window.tab.append("fresh", 103, 1));
      expect(await readTexts(fresh)).toEqual([100, 101, 102, 103]);
    });

    test("ends in every old tab, leader and followers, as soon as a new one opens", async () => {
      const old = [await tabs.openTab(name), await tabs.openTab(name), await tabs.openTab(name)];
      await old[1]?.evaluate(() => window.tab.append("old", 0, 5));
      await clearBy(old[1] as Page);

      await expectFresh(await tabs.visit());

      for (const page of old) {
        await expect.poll(() => ending(page)).toBe("store-replaced");
        expect(await append(page)).toBe("store-replaced");
      }
    });

    test("refuses a follower's appends", async () => {
      const [leader, follower] = [await tabs.openTab(name), await tabs.openTab(name)];
      await clearBy(follower);

      expect(await append(follower)).toBe("store-replaced");
      await expect.poll(() => ending(leader)).toBe("store-replaced");
      await expectFresh(follower);
    });
  });
});

describe.skipIf(mayBeLeftOut("firefox"))(
  "in Firefox, a site whose data is cleared while its store is open",
  PATIENCE,
  () => {
    test("acknowledges nothing any more, in any tab, and the store starts empty", async () => {
      const site = await openSite({ pages: ["tabs", "cleared"] });
      onTestFinished(() => site.close());
      site.answer = answerLogout;
      const firefox = startFirefox(site.url("cleared"));
      onTestFinished(() => firefox.close());

      const found = JSON.parse(await Promise.race([site.posted("/found"), firefox.ended])) as unknown;

      const refused = ["store-replaced", "store-replaced", "store-replaced"];
      expect(found).toEqual({ alone: "store-replaced", refused, endings: refused, fresh: [100, 101, 102, 103] });
    });
  },
);
