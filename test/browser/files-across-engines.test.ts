import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { startBrowser } from "../support/browser.ts";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import { ENGINES, expectContinued, useFileOn } from "../support/odd-files.ts";
import type { OddReport } from "../support/odd-values.ts";
import { hasPython, readWithPython } from "../support/python.ts";
import { openSite } from "../support/site.ts";
import { temporaryPath } from "../support/temporary.ts";

describe.skipIf(mayBeLeftOut("chromium"))("the file of a browser", () => {
  test("is read with the same values and continued by every engine, and then by a browser", async () => {
    const path = temporaryPath();
    const reports: [string, OddReport][] = [];
    const site = await openSite({ pages: ["odd-values"] });
    const browser = await startBrowser();
    const page = await browser.open(site.url("odd-values"));
    async function useInBrowser(file: string | null): Promise<void> {
      const [report, exported] = await page.evaluate((given) => window.useFile(given), file);
      reports.push(["Chromium", JSON.parse(report) as OddReport]);
      writeFileSync(path, Buffer.from(exported, "base64"));
    }

    await useInBrowser(null);
    for (const engine of ENGINES) reports.push([engine, await useFileOn(engine, path)]);
    await useInBrowser(readFileSync(path, "base64"));
    reports.push(["better-sqlite3", await useFileOn("better-sqlite3", path)]);
    await browser.close();
    await site.close();

    expectContinued(reports);
    if (hasPython) expect(readWithPython(path, 0)).toEqual(reports.at(-1)?.[1].after.events);
  });
});
