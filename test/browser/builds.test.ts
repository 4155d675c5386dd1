import { cpSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import type { Plugin } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startBrowser, type Browser } from "../support/browser.ts";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import { openSite, type Site } from "../support/site.ts";

/** What a later build of the package will differ in. */
const LATER = {
  protocol: { "versions.js": ["protocol: 1", "protocol: 2"] },
  format: {
    "versions.js": ["format: 1", "format: 2"],
    "migrations.js": ["[FORMAT_1]", '[FORMAT_1, "CREATE TABLE later (a TEXT) STRICT"]'],
  },
} as const;

describe.skipIf(mayBeLeftOut("chromium")).each(["protocol", "format"] as const)(
  "two builds of an application with another %s, in two tabs",
  (difference) => {
    let site: Site;
    let browser: Browser;
    let stores = 0;

    beforeAll(async () => {
      site = await openSite({ pages: ["tabs"] });
      const changes = changing(LATER[difference]);
      const later = await openSite({
        pages: ["tabs"],
        config: { plugins: [changes()], worker: { format: "es", plugins: () => [changes()] } },
      });
      // Deployed on the same site.
      cpSync(later.folder, join(site.folder, "later"), { recursive: true });
      await later.close();
      browser = await startBrowser();
    });
    afterAll(async () => {
      await browser.close();
      await site.close();
    });

    const freshName = (): string => `store ${++stores}`;

    async function openTab(build: "now" | "later", name: string): Promise<Page> {
      const page = await browser.open(site.url(build === "now" ? "tabs" : "later/tabs"));
      await page.evaluate((options) => window.tab.open(options), { name });
      return page;
    }

    test("an older leader makes room for a newer tab; older tabs are told, and nothing is lost", async () => {
      const name = freshName();
      const [leader, follower] = [await openTab("now", name), await openTab("now", name)];
      const acknowledged = await follower.evaluate(() => window.tab.append("kept", 0, 20));

      const newer = await openTab("later", name);

      for (const page of [leader, follower]) {
        await expect.poll(() => page.evaluate(() => window.tab.ending())).toBe("client-outdated");
        expect(await page.evaluate(() => window.tab.appendText("late", "?"))).toBe("client-outdated");
      }
      const stored = await newer.evaluate(() => window.tab.read());
      expect(stored.map(([position, , data]) => [data, position])).toEqual(acknowledged);
      expect(await newer.evaluate(() => window.tab.append("kept", 20, 1))).toEqual([[20, 21]]);
      for (const page of [leader, follower, newer]) await page.close();
    });

    test("an older tab that opens beside a newer leader is refused as outdated", async () => {
      const name = freshName();
      const newer = await openTab("later", name);
      const older = await browser.open(site.url("tabs"));

      expect(await older.evaluate((options) => window.tab.tryOpen(options), { name })).toMatchObject({
        code: "client-outdated",
      });
      expect(await newer.evaluate(() => window.tab.append("kept", 0, 1))).toEqual([[0, 1]]);
      for (const page of [newer, older]) await page.close();
    });

    test("an older tab in the middle of its appends knows of each that was stored, but for the last", async () => {
      const name = freshName();
      const older = await openTab("now", name);
      const said: number[] = [];
      older.on("console", (message) => said.push(Number(message.text())));
      const appending = older.evaluate(() => window.tab.appendAloud("kept", 0, 100_000)).catch(String);
      await expect.poll(() => said.length).toBeGreaterThan(20);

      const newer = await openTab("later", name);

      expect(await appending).toContain("newer build");
      const stored = await newer.evaluate(() => window.tab.read());
      expect(stored.map(([, , data]) => data)).toEqual(stored.map((_, index) => index));
      expect(stored.length - said.length).toBeGreaterThanOrEqual(0);
      expect(stored.length - said.length).toBeLessThanOrEqual(1);
      for (const page of [older, newer]) await page.close();
    });
  },
);

/** Makes what changes files of the package, and fails where there is nothing to change. */
function changing(changes: Readonly<Record<string, readonly [string, string]>>): () => Plugin {
  return () => ({
    name: "later-build",
    transform(code, id) {
      const change = Object.entries(changes).find(
        ([file]) => id.endsWith(`/dist/src/sqlite/${file}`) || id.endsWith(`/dist/adapters/sqlite-wasm/${file}`),
      )?.[1];
      if (change === undefined) return undefined;
      if (!code.includes(change[0])) throw new Error(`${id} has no ${change[0]}`);
      return code.replace(...change);
    },
  });
}
