import type { Page } from "playwright-core";
import { describe, expect, onTestFinished, test } from "vitest";
import { countInMatrix } from "../support/count-in-matrix.ts";
import { lookAtFiles, lookAtPool } from "../support/found-database.ts";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import { newProfile, startFirefox } from "../support/firefox.ts";
import { createRandom } from "../support/random.ts";
import { openSite } from "../support/site.ts";
import { goStepwise } from "../support/stepwise.ts";
import { PATIENCE, countTo, useTabs } from "../support/tabs.ts";
import type { Left } from "./pages/killed.ts";

const KILLS = 6;

/** Firefox starts slowly. */
const FIREFOX_KILLS = 4;

const STORE = "killed";

/** Spread over all file operations of one append. */
const COMMIT_KILLS = 4;

describe.skipIf(mayBeLeftOut("chromium"))("Chromium that is killed", PATIENCE, () => {
  countInMatrix("Chromium", "crashes");
  const tabs = useTabs();
  const { openTab, visit } = tabs;

  test(`loses no acknowledged event, killed ${KILLS} times during the appends of two tabs`, async () => {
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

      // The files as the crash left them, with the log, before they are opened.
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
      // And after SQLite has recovered them.
      await page.evaluate(() => window.tab.close());
      expect(await lookAtFiles(page, STORE)).toEqual(left);
      await page.close();
    }
  });
});

describe.skipIf(mayBeLeftOut("chromium"))("Chromium that is killed at each step of a commit", PATIENCE, () => {
  countInMatrix("Chromium", "crashes");
  const tabs = useTabs();

  test("keeps all of the append or nothing of it, and every event before", async () => {
    const random = createRandom("killed in a commit");
    const stepwise = goStepwise(tabs);
    // Across several pages of each table, some of them already in the log and some new.
    const append = (page: Page, from: number): Promise<unknown> =>
      page.evaluate((first) => window.tab.appendAtOnce("counted", first, 100), from);
    const first = await tabs.openTab(STORE, { watch: false });
    await append(first, 0);
    stepwise.goOn();
    await append(first, 100);
    const total = stepwise.steps;
    await first.close();
    let before = 200;
    const found: string[] = [];

    for (let kill = 0; kill < COMMIT_KILLS; kill++) {
      const page = await tabs.openTab(STORE, { watch: false });
      const step = 1 + Math.floor(((kill + random.below(1000) / 1000) * total) / COMMIT_KILLS);
      const reached = stepwise.stopAt(step);
      append(page, before).catch(() => undefined);
      await reached;
      await tabs.browser.kill();
      await tabs.browser.start();
      stepwise.goOn();

      const { integrity, events } = await lookAtFiles(await tabs.visit(), STORE);
      expect(integrity).toBe("ok");
      expect(events.map(([position, , data]) => [position, data])).toEqual(
        countTo(events.length).map((index) => [index + 1, index]),
      );
      expect([before, before + 100]).toContain(events.length);
      found.push(`${step}: ${events.length - before}`);
      before = events.length;
    }
    console.log(`${total} steps; events found after a kill at each: ${found.join(", ")}`);
    expect(found[0]).toMatch(/ 0$/);
  });
});

describe.skipIf(mayBeLeftOut("firefox"))("Firefox that is killed", PATIENCE, () => {
  countInMatrix("Firefox", "crashes");
  test(`loses no acknowledged event, killed ${FIREFOX_KILLS} times during its appends`, async () => {
    const site = await openSite({ pages: ["killed"] });
    onTestFinished(() => site.close());
    const profile = newProfile();
    let acknowledged = 0;

    for (let round = 0; round <= FIREFOX_KILLS; round++) {
      const firefox = startFirefox(site.url("killed"), profile);
      onTestFinished(() => firefox.close());
      const { files, events } = JSON.parse(await Promise.race([site.posted("/left"), firefox.ended])) as Left;

      if (files !== undefined) expect(lookAtPool(files)).toEqual({ integrity: "ok", events });
      expect(files === undefined).toBe(round === 0);
      expect(events.map(([position, , data]) => [position, data])).toEqual(
        countTo(events.length).map((index) => [index + 1, index]),
      );
      expect(events.length).toBeGreaterThanOrEqual(acknowledged);

      for (let rest = 5 + 3 * round; rest > 0; rest--) {
        acknowledged = Number(await Promise.race([site.posted("/acknowledged"), firefox.ended]));
      }
      await firefox.kill();
      // Its last messages.
      acknowledged = Math.max(acknowledged, ...site.drained("/acknowledged").map(Number));
    }
  });
});
