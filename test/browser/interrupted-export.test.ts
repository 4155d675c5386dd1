import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import { goStepwise } from "../support/stepwise.ts";
import { PATIENCE, countTo, useTabs } from "../support/tabs.ts";

const EVENTS = 60;

describe.skipIf(mayBeLeftOut("chromium"))("an export during which the browser is killed", PATIENCE, () => {
  const tabs = useTabs();

  test("leaves no copy once the store was opened again, and can be repeated", async () => {
    const stepwise = goStepwise(tabs);
    const whole = await tabs.openTab("whole", { watch: false });
    await whole.evaluate((count) => window.tab.appendTogether("old", 0, count), EVENTS);
    stepwise.goOn();
    await whole.evaluate(() => window.tab.export());
    const total = stepwise.steps;
    await whole.close();

    let left = 0;
    for (const share of [0.5, 0.9]) {
      const dying = await tabs.openTab("whole", { watch: false });
      const reached = stepwise.stopAt(Math.ceil(total * share));
      dying.evaluate(() => window.tab.export()).catch(() => undefined);
      await reached;
      stepwise.goOn();
      await tabs.browser.kill();
      await tabs.browser.start();

      const page = await tabs.visit();
      if ((await namesInPool(page)).some((name) => name.startsWith("/export.db"))) left += 1;
      await page.evaluate(() => window.tab.open({ name: "whole" }, false));
      expect((await page.evaluate(() => window.tab.read())).map(([, , data]) => data)).toEqual(countTo(EVENTS));
      await page.evaluate(() => window.tab.close());
      const names = await namesInPool(page);
      expect(names).toContain("/events.db");
      expect(names.filter((name) => name.startsWith("/export.db"))).toEqual([]);
      await page.evaluate(() => window.tab.open({ name: "whole" }, false));
      expect((await page.evaluate(() => window.tab.export())).length).toBeGreaterThan(0);
      await page.close();
    }
    // Otherwise nothing was tested.
    expect(left).toBeGreaterThan(0);
  });
});

/** The names that the pools' files store at their beginning. */
function namesInPool(page: Page): Promise<readonly string[]> {
  return page.evaluate(async () => {
    const names: string[] = [];
    const walk = async (folder: FileSystemDirectoryHandle): Promise<void> => {
      const entries = (folder as unknown as { values(): AsyncIterable<FileSystemHandle> }).values();
      for await (const entry of entries) {
        if (entry.kind === "directory") await walk(entry as FileSystemDirectoryHandle);
        else {
          const file = await (entry as FileSystemFileHandle).getFile();
          names.push((await file.slice(0, 512).text()).split("\0")[0] ?? "");
        }
      }
    };
    await walk(await navigator.storage.getDirectory());
    return names.filter((name) => name !== "");
  });
}
