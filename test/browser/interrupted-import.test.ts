import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { lookAtFiles } from "../support/found-database.ts";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import { createRandom } from "../support/random.ts";
import { goStepwise } from "../support/stepwise.ts";
import { PATIENCE, useTabs } from "../support/tabs.ts";

const OLD = 150;
const NEW = 250;

/** The number of kills, spread over all file operations of an import. */
const KILLS = 6;

describe.skipIf(mayBeLeftOut("chromium"))("an import during which the browser is killed", PATIENCE, () => {
  const tabs = useTabs();

  test("leaves all of the old database or all of the new one, at each step", async () => {
    const random = createRandom("interrupted imports");
    const stepwise = goStepwise(tabs);
    const source = await openWith("source", "new", NEW);
    const imported = await source.evaluate(() => window.tab.export());
    await source.close();
    const importAt = async (store: string, step: number): Promise<boolean> => {
      const page = await openWith(store, "old", OLD);
      const stopped = stepwise.stopAt(step).then(() => false);
      const done = page
        .evaluate((bytes) => window.tab.import(bytes), imported)
        .then(
          () => true,
          () => false,
        );
      return Promise.race([done, stopped]);
    };

    expect(await importAt("uninterrupted", Infinity)).toBe(true);
    const total = stepwise.steps;
    const found: string[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      const store = `interrupted ${kill}`;
      // One step in each part of the import, including the last step.
      const step = kill === KILLS - 1 ? total : 1 + Math.floor(((kill + random.below(1000) / 1000) * total) / KILLS);
      expect(await importAt(store, step)).toBe(false);
      await tabs.browser.kill();
      await tabs.browser.start();
      stepwise.goOn();

      const page = await tabs.visit();
      const left = await lookAtFiles(page, store);
      expect(left.integrity).toBe("ok");
      await page.evaluate((name) => window.tab.open({ name }), store);
      const stored = await page.evaluate(() => window.tab.read());
      expect(stored).toEqual(left.events);
      const stream = stored[0]?.[1] as string;
      expect(stored.map(([, name, data]) => [name, data])).toEqual(
        Array.from({ length: stream === "old" ? OLD : NEW }, (_, index) => [stream, index]),
      );
      expect(await page.evaluate(() => window.tab.append("after", 0, 1))).toEqual([[0, stored.length + 1]]);
      await page.close();
      found.push(`${step}: ${stream}`);
    }
    console.log(`${total} steps; what was found after a kill at each: ${found.join(", ")}`);
    expect(found.some((text) => text.endsWith("old"))).toBe(true);
    expect(found.at(-1)).toMatch(/new$/);
  });

  async function openWith(store: string, stream: string, count: number): Promise<Page> {
    const page = await tabs.openTab(store, { watch: false });
    await page.evaluate((args) => window.tab.appendTogether(...args), [stream, 0, count] as const);
    return page;
  }
});
