import { cpSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { changedBuild, type Changes } from "../support/changed-build.ts";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import { openSite } from "../support/site.ts";
import { useTabs } from "../support/tabs.ts";

/** The differences of a later build of the package. */
const LATER = {
  protocol: { "versions.js": [/protocol: \d+/, "protocol: 99"] },
  format: {
    "versions.js": [/format: (\d+)/, (_: string, format: string) => `format: ${Number(format) + 1}`],
    "migrations.js": [/MIGRATIONS = \[(.*?)\]/, 'MIGRATIONS = [$1, "CREATE TABLE later (a TEXT) STRICT"]'],
  },
} satisfies Record<string, Changes>;

describe.skipIf(mayBeLeftOut("chromium")).each(["protocol", "format"] as const)(
  "two builds of an application with another %s, in two tabs",
  (difference) => {
    const tabs = useTabs();

    beforeAll(async () => {
      const later = await openSite({ pages: ["tabs"], config: changedBuild(LATER[difference]) });
      // Deployed on the same site.
      cpSync(later.folder, join(tabs.site.folder, "later"), { recursive: true });
      await later.close();
    });

    async function openTab(build: "now" | "later", name: string): Promise<Page> {
      if (build === "now") return tabs.openTab(name);
      const page = await tabs.browser.open(tabs.site.url("later/tabs"));
      await page.evaluate((options) => window.tab.open(options), { name });
      return page;
    }

    test("an older leader gives way to a newer tab; older tabs get an error, and nothing is lost", async () => {
      const name = tabs.freshName();
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
    });

    test("an older tab that opens beside a newer leader is refused as outdated", async () => {
      const name = tabs.freshName();
      const newer = await openTab("later", name);
      const older = await tabs.visit();

      expect(await older.evaluate((options) => window.tab.tryOpen(options), { name })).toMatchObject({
        code: "client-outdated",
      });
      expect(await newer.evaluate(() => window.tab.append("kept", 0, 1))).toEqual([[0, 1]]);
    });

    test("an older tab that is replaced while appending knows the outcome of every append but the last", async () => {
      const name = tabs.freshName();
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
    });
  },
);
