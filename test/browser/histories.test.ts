import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import {
  problemsOf,
  unanswered,
  type Answer,
  type Call,
  type Found,
  type Saying,
  type Sighting,
} from "../support/history-check.ts";
import { lookAtFiles } from "../support/found-database.ts";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import { rendererOf } from "../support/renderers.ts";
import { createRandom } from "../support/random.ts";
import { PATIENCE, useTabs } from "../support/tabs.ts";

const TABS = 3;
const DISTURBANCES = 18;
const STORE = "history";

/** The least and greatest number of answers between two disturbances. */
const CALM = { least: 5, most: 60 };

/**
 * The number of rounds granted to each tab before a disturbance. Each gives at least one answer, so there are more than
 * the test waits for.
 */
const TURNS = 80;

describe.skipIf(mayBeLeftOut("chromium"))("a history of several tabs", PATIENCE, () => {
  const tabs = useTabs({ pages: ["history"] });
  const { visit } = tabs;

  test("whatever is closed, reloaded, stopped or killed: acknowledged appends are stored once, others at most once, and watchers see all in order", async () => {
    const random = createRandom("history of tabs");
    const calls: Call[] = [];
    const answers: Answer[] = [];
    const sightings: Sighting[] = [];
    const recorded = { calls, answers, sightings };
    const wrong: string[] = [];
    const done: string[] = [];
    let pages: Page[] = [];
    let opened = 0;
    let repeated = 0;
    let before: readonly Found[] = [];

    const start = async (page: Page): Promise<void> => {
      opened += 1;
      // Calls without an answer are repeated, also those in progress.
      const open = unanswered(recorded);
      repeated += open.length;
      const args = [STORE, `tab-${opened}`, random.below(2 ** 31), open] as const;
      await page.evaluate((given) => window.recorded.start(...given), args);
    };
    const openTab = async (): Promise<void> => {
      const page = await visit();
      page.on("console", (message) => {
        // The browser writes to the console too.
        if (message.type() !== "log") return;
        const saying = JSON.parse(message.text()) as Saying;
        if ("call" in saying) calls.push(saying.call);
        else if ("answer" in saying) answers.push(saying.answer);
        else if ("saw" in saying) sightings.push(saying.saw);
        else wrong.push(saying.wrong);
      });
      // Tabs of one site may share a process, and then they crash together.
      page.on("crash", () => (pages = pages.filter((other) => other !== page)));
      pages.push(page);
      await start(page);
    };
    const fill = async (): Promise<void> => {
      await Promise.all(Array.from({ length: Math.max(0, TABS - pages.length) }, openTab));
    };
    const look = async (page: Page): Promise<readonly Found[]> => {
      const stored = await page.evaluate(() => window.recorded.read());
      expect(stored.slice(0, before.length)).toEqual(before);
      return (before = stored);
    };

    const disturbances: Readonly<Record<string, (page: Page) => Promise<void>>> = {
      async close(page) {
        pages = pages.filter((other) => other !== page);
        await page.close();
      },
      async reload(page) {
        await page.reload();
        await start(page);
      },
      async crash(page) {
        const crashed = page.waitForEvent("crash");
        page.goto("chrome://crash").catch(() => undefined);
        await crashed;
      },
      async "stop and go on"(page) {
        const renderer = await rendererOf(page);
        await renderer.stop();
        renderer.resume();
      },
      async "stop and crash"(page) {
        const renderer = await rendererOf(page);
        const crashed = page.waitForEvent("crash");
        await renderer.stop();
        renderer.kill();
        await crashed;
      },
      async kill() {
        pages = [];
        await tabs.browser.kill();
        await tabs.browser.start();
        const page = await visit();
        expect((await lookAtFiles(page, STORE)).integrity).toBe("ok");
        await page.close();
        await fill();
        await look(pages[0] as Page);
      },
    };

    await fill();
    for (let step = 0; step < DISTURBANCES; step++) {
      // The crash of a second tab in the same process may not have been reported yet.
      const granting = pages.map((page) => page.evaluate((turns) => window.recorded.grant(turns), TURNS));
      await Promise.allSettled(granting);
      const enough = answers.length + CALM.least + random.below(CALM.most - CALM.least);
      await expect.poll(() => wrong.length > 0 || answers.length >= enough).toBe(true);
      expect(wrong).toEqual([]);
      const names = Object.keys(disturbances);
      const name = names[random.below(names.length)] as string;
      done.push(name);
      await disturbances[name]?.(pages[random.below(pages.length)] as Page);
      await fill();
    }

    await Promise.all(pages.map((page) => page.evaluate(() => window.recorded.stop())));
    const stored = await look(pages[0] as Page);
    const ids = stored.map(([, , , id]) => id);
    for (const page of pages) {
      const caughtUp = (): Promise<boolean> =>
        page.evaluate((count) => window.recorded.seen().length >= count, ids.length);
      await expect.poll(caughtUp).toBe(true);
      expect(await page.evaluate(() => window.recorded.seen())).toEqual(ids);
    }
    const closed = pages.splice(0);
    for (const page of closed) await page.evaluate(() => window.recorded.close());
    const file = await lookAtFiles(closed[0] as Page, STORE);
    console.log(`${stored.length} events, ${answers.length} answers, ${repeated} calls made again; ${done.join(", ")}`);
    // Then the watches have ended.
    expect(wrong.filter((text) => !text.includes("is closed"))).toEqual([]);
    expect(problemsOf(stored, recorded)).toEqual([]);
    expect([file.integrity, file.events.length]).toEqual(["ok", stored.length]);
    expect(answers.filter(({ outcome }) => outcome === "conflict").length).toBeGreaterThan(0);
  });
});
