import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import { goStepwise } from "../support/stepwise.ts";
import { PATIENCE, countTo, useTabs } from "../support/tabs.ts";

/** Events in the database's file, and events in its log. */
const CHECKPOINTED = 60;
const LOGGED = 40;

/**
 * The number of stores that one kill interrupts, each at another step. Each holds a connection, of which a browser
 * opens at most six per site.
 */
const AT_ONCE = 4;

describe.skipIf(mayBeLeftOut("chromium"))("a removal during which the browser is killed", PATIENCE, () => {
  const tabs = useTabs();

  test("leaves all of the database or nothing, at each step, and can be repeated", async () => {
    const stepwise = goStepwise(tabs);
    const neighbour = await tabs.openTab("neighbour", { watch: false });
    await neighbour.evaluate(() => window.tab.append("theirs", 0, 3));
    await neighbour.close();
    const whole = await openFull("whole");
    stepwise.goOn();
    expect(await whole.evaluate(() => window.tab.destroy())).toBe("done");
    const total = stepwise.steps;
    expect(await storesLeft(whole)).toEqual(["neighbour"]);
    await whole.close();

    const found: number[] = [];
    for (let next = 1; next <= total; next += AT_ONCE) {
      const steps = countTo(Math.min(AT_ONCE, total + 1 - next)).map((index) => next + index);
      for (const step of steps) {
        const dying = await openFull(`interrupted ${step}`);
        const reached = stepwise.stopAt(step);
        dying.evaluate(() => window.tab.destroy()).catch(() => undefined);
        await reached;
        stepwise.goOn();
      }
      await tabs.browser.kill();
      await tabs.browser.start();

      const page = await tabs.visit();
      for (const step of steps) {
        await page.evaluate((name) => window.tab.open({ name }, false), `interrupted ${step}`);
        const stored = await page.evaluate(() => window.tab.read());
        found.push(stored.length);
        expect(stored.map(([, , data]) => data)).toEqual(countTo(stored.length));
        expect([0, CHECKPOINTED + LOGGED], `killed at step ${step} of ${total}`).toContain(stored.length);
        expect(await page.evaluate(() => window.tab.append("new", 0, 1))).toEqual([[0, stored.length + 1]]);
        expect(await page.evaluate(() => window.tab.destroy())).toBe("done");
      }
      await page.close();
    }

    console.log(`events found after a kill at each step: ${found.join(", ")}`);
    expect(found[0]).toBe(CHECKPOINTED + LOGGED);
    expect(found.at(-1)).toBe(0);
    const beside = await tabs.openTab("neighbour", { watch: false });
    expect(await storesLeft(beside)).toEqual(["neighbour"]);
    expect(await beside.evaluate(() => window.tab.read())).toHaveLength(3);
  });

  async function openFull(store: string): Promise<Page> {
    const page = await tabs.openTab(store, { watch: false });
    await page.evaluate((count) => window.tab.appendTogether("old", 0, count), CHECKPOINTED);
    // The last connection to close moves the log into the file.
    await page.evaluate(() => window.tab.close());
    await page.evaluate((name) => window.tab.open({ name }, false), store);
    await page.evaluate((args) => window.tab.appendTogether("old", ...args), [CHECKPOINTED, LOGGED] as const);
    return page;
  }
});

/** The site's private files: the folders of its stores, and anything beside them. */
async function storesLeft(page: Page): Promise<readonly string[]> {
  return page.evaluate(async () => {
    const namesIn = async (folder: FileSystemDirectoryHandle): Promise<string[]> => {
      const names: string[] = [];
      for await (const name of (folder as unknown as { keys(): AsyncIterable<string> }).keys()) names.push(name);
      return names;
    };
    const root = await navigator.storage.getDirectory();
    const beside = (await namesIn(root)).filter((name) => name !== "rivulet");
    return [...beside, ...(await namesIn(await root.getDirectoryHandle("rivulet")))];
  });
}
