import { describe, expect, test } from "vitest";
import { lookAtFiles } from "../support/found-database.ts";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import { useTabs } from "../support/tabs.ts";

const KILLS = 6;
const STORE = "killed";

describe.skipIf(mayBeLeftOut("chromium"))("a browser that is killed", () => {
  const tabs = useTabs();
  const { openTab, visit } = tabs;

  test(`loses nothing that was acknowledged, ${KILLS} times in the middle of two tabs' appends`, async () => {
    const acknowledged = new Map<string, number>();
    let before: readonly unknown[] = [];

    for (let round = 0; round < KILLS; round++) {
      const pages = [await openTab(STORE, { watch: false }), await openTab(STORE, { watch: false })];
      const told = pages.map((page, index) => {
        const stream = `${round}-${index}`;
        page.on("console", (message) => acknowledged.set(stream, Number(message.text())));
        page.evaluate((args) => window.tab.appendAloud(...args), [stream, 0, 100_000] as const).catch(() => undefined);
        return stream;
      });
      await expect.poll(() => told.every((stream) => (acknowledged.get(stream) ?? 0) > 20 + 7 * round)).toBe(true);
      await tabs.browser.kill();
      await tabs.browser.start();

      // As they were left, log and all, before anybody has opened them.
      const page = await visit();
      const left = await lookAtFiles(page, STORE);
      expect(left.integrity).toBe("ok");
      await page.evaluate((name) => window.tab.open({ name }, false), STORE);
      const stored = await page.evaluate(() => window.tab.read());
      expect(stored).toEqual(left.events);
      expect(stored.map(([position]) => position)).toEqual(stored.map((_, index) => index + 1));
      expect(stored.slice(0, before.length)).toEqual(before);
      for (const [stream, last] of acknowledged) {
        const numbers = stored.filter((event) => event[1] === stream).map(([, , data]) => data as number);
        expect(numbers).toEqual(numbers.map((_, index) => index));
        expect(numbers.length).toBeGreaterThan(last);
      }
      before = stored;
      // And once they are in order again.
      await page.evaluate(() => window.tab.close());
      expect(await lookAtFiles(page, STORE)).toEqual(left);
      await page.close();
    }
  });
});
