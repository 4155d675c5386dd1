import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import { countTo, useTabs } from "../support/tabs.ts";

const NAMES = ["ann", "bob", "cid"];

describe.skipIf(mayBeLeftOut("chromium"))("commands in tabs of one store", () => {
  const { freshName, visit } = useTabs({ pages: ["commands"] });

  async function openClerks(count: number): Promise<Page[]> {
    const name = freshName();
    const pages: Page[] = [];
    for (let page = 0; page < count; page++) {
      pages.push(await visit());
      await pages.at(-1)?.evaluate((given) => window.clerk.open(given), name);
    }
    return pages;
  }

  const sell = (pages: readonly Page[], count: number, keyed: boolean) =>
    Promise.all(
      pages.map((page, index) =>
        page.evaluate((given) => window.clerk.sell(...given), [NAMES[index] as string, count, keyed] as const),
      ),
    );

  test("three tabs execute on one stream while the leader is closed: each command takes effect once, decided on the state after all before it", async () => {
    const [leader, ...clerks] = (await openClerks(4)) as [Page, ...Page[]];

    const selling = sell(clerks, 40, false);
    await expect.poll(() => leader.evaluate(() => window.clerk.version())).toBeGreaterThan(20);
    await leader.close();
    const versions = await selling;

    const sold = (await clerks[0]?.evaluate(() => window.clerk.sold())) ?? [];
    expect(sold.map(({ nth }) => nth)).toEqual(countTo(120).map((index) => index + 1));
    for (const [clerk, results] of versions.entries()) {
      results.forEach((version, command) => {
        expect(sold[version - 1]).toMatchObject({ by: NAMES[clerk], command });
      });
    }
  });

  test("three tabs execute with the same keys: each key is decided once, and all get the same result", async () => {
    const clerks = await openClerks(3);

    const versions = await sell(clerks, 30, true);

    const sold = (await clerks[2]?.evaluate(() => window.clerk.sold())) ?? [];
    expect(sold.map(({ nth }) => nth)).toEqual(countTo(30).map((index) => index + 1));
    expect(new Set(sold.map(({ command }) => command)).size).toBe(30);
    for (const results of versions) expect(results).toEqual(versions[0]);
  });
});
