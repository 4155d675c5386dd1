import type { Page } from "playwright-core";
import { beforeEach, describe, expect, test } from "vitest";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import { openKeeping, seesAll, useTabs } from "../support/tabs.ts";

interface PutAway {
  (page: Page): Promise<() => Promise<void>>;
}

/** The browser has discarded a page that it was to keep, as it may at any time: there is nothing to restore. */
class Discarded extends Error {}

/** How often a test is begun again when its page was discarded. */
const ATTEMPTS = 5;

describe.skipIf(mayBeLeftOut("chromium"))("a page that the browser puts away", () => {
  // A visible page cannot be frozen.
  const tabs = useTabs({ hiding: true });
  let name: string;

  beforeEach(() => {
    name = tabs.freshName();
  });

  /** Puts a page away as the browser does, and returns a function that restores it. */
  const ways: Readonly<Record<string, PutAway>> = {
    async frozen(page) {
      await (await tabs.visit()).bringToFront();
      const devtools = await tabs.browser.context.newCDPSession(page);
      await devtools.send("Page.setWebLifecycleState", { state: "frozen" });
      return async () => {
        await devtools.send("Page.setWebLifecycleState", { state: "active" });
      };
    },
    async "kept for the way back"(page) {
      await page.evaluate(() => Object.assign(globalThis, { wasHere: true }));
      await page.goto("about:blank");
      return async () => {
        // It is restored without loading, so there is no load event to wait for.
        await page.goBack({ waitUntil: "commit" });
        if (!(await page.evaluate(() => "wasHere" in globalThis))) throw new Discarded("the page was loaded again");
      };
    },
  };

  /** Runs a test whose page the browser has to keep, each time with a new database, until the browser does. */
  async function whileKept(run: () => Promise<void>): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await run();
      } catch (error) {
        if (!(error instanceof Discarded) || attempt === ATTEMPTS) throw error;
        tabs.site.answer = undefined;
        for (const page of tabs.browser.context.pages().slice(1)) await page.close();
        name = tabs.freshName();
      }
    }
  }

  /** Opens the store in a page that records its events of being put away and restored, and starts appending. */
  async function openNoting(): Promise<Page> {
    const page = await tabs.openTab(name);
    await page.evaluate(() => {
      const told: string[] = [];
      const note = ({ type, persisted }: Event & { persisted?: boolean }): number =>
        told.push(persisted === undefined ? type : `${type}, ${persisted ? "kept" : "left"}`);
      for (const type of ["freeze", "resume"]) document.addEventListener(type, note);
      for (const type of ["pagehide", "pageshow"]) addEventListener(type, note as EventListener);
      Object.assign(globalThis, { told });
    });
    return page;
  }

  const told = (page: Page): Promise<readonly string[]> =>
    page.evaluate(() => (globalThis as unknown as { told: string[] }).told);

  describe.each(Object.entries(ways))("%s", (way, putAway) => {
    test.each(["leader", "follower"] as const)(
      "during its appends as the %s delays no other tab, and continues where it was",
      (role) =>
        whileKept(async () => {
          const pages = [await openNoting(), await openNoting()];
          if (role === "follower") pages.reverse();
          const [away, other] = pages as [Page, Page];
          expect(await away.evaluate(() => window.tab.info())).toMatchObject({ role });
          await away.evaluate(() => {
            Object.assign(globalThis, { appending: window.tab.append("counted", 0, 1_000) });
          });
          await expect.poll(() => other.evaluate(() => window.tab.seenCount())).toBeGreaterThan(10);

          const bringBack = await putAway(away);
          await other.evaluate(() => window.tab.append("meanwhile", 0, 10));
          expect(await other.evaluate(() => window.tab.info())).toMatchObject({ role: "leader" });
          const before = await other.evaluate(() => window.tab.seenCount());
          expect(before).toBeLessThan(1_010);
          await bringBack();

          const acknowledged = await away.evaluate(() => (globalThis as unknown as { appending: unknown }).appending);
          for (const page of pages) await seesAll(page, 1_010);
          const stored = await away.evaluate(() => window.tab.read());
          const counted = stored.filter(([, stream]) => stream === "counted");
          expect(counted.map(([position, , data]) => [data, position])).toEqual(acknowledged);
          expect(await away.evaluate(() => window.tab.info())).toMatchObject({ role: "follower" });
          expect(await away.evaluate(() => window.tab.roles())).toEqual(role === "leader" ? ["follower"] : []);
          const expected = way === "frozen" ? ["freeze", "resume"] : ["pagehide, kept", "pageshow, kept"];
          expect(await told(away)).toEqual(expect.arrayContaining(expected));
        }),
    );

    test("needs no network when it is restored", () =>
      whileKept(async () => {
        const page = await openKeeping(tabs, name);
        await page.evaluate(() => window.tab.append("before", 0, 5));
        const bringBack = await putAway(page);
        const asked: string[] = [];
        tabs.site.answer = (path) => {
          asked.push(path);
          return { status: 503, body: "there is no network" };
        };

        await bringBack();

        expect(await page.evaluate(() => window.tab.append("after", 0, 5))).toHaveLength(5);
        await seesAll(page, 10);
        expect(await page.evaluate(() => window.tab.info())).toMatchObject({ role: "leader" });
        expect(asked).toEqual([]);
      }));

    test("while the database is replaced ends when it is restored", () =>
      whileKept(async () => {
        const [away, other] = [await openNoting(), await openNoting()];
        await other.evaluate(() => window.tab.append("old", 0, 20));
        const bringBack = await putAway(away);
        expect(await other.evaluate(() => window.tab.destroy())).toBe("done");
        const fresh = await tabs.openTab(name);
        await fresh.evaluate(() => window.tab.append("new", 0, 3));

        await bringBack();

        await expect.poll(() => away.evaluate(() => window.tab.ending())).toBe("store-replaced");
        expect(await away.evaluate(() => window.tab.appendText("late", "?"))).toBe("store-replaced");
        expect(await fresh.evaluate(() => window.tab.read())).toHaveLength(3);
      }));
  });
});
