import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { ndjson } from "rivulet/ndjson";
import { describe, expect, onTestFinished, test } from "vitest";
import { startBrowser } from "../support/browser.ts";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import { openSite } from "../support/site.ts";

describe.skipIf(mayBeLeftOut("chromium"))("in Chromium", () => {
  test("a page's export can be imported in Node, is exported there as the same text, and can be imported by a page again", async () => {
    const site = await openSite({ pages: ["ndjson"] });
    onTestFinished(() => site.close());
    const browser = await startBrowser();
    onTestFinished(() => browser.close());
    const page = await browser.open(site.url("ndjson"));
    await page.waitForFunction(() => "files" in window);

    await page.evaluate(() => window.files.fill("own", 3_000));
    const text = await page.evaluate(() => window.files.download("own"));
    await using store = await openEventStore(betterSqlite3());
    const result = await store.importEvents(ndjson, new TextEncoder().encode(text));
    const exported = (await store.exportEvents(ndjson).toArray()).join("");
    const uploaded = await page.evaluate((lines) => window.files.upload("other", lines), exported);

    const all = { lines: 3_000, imported: 3_000, deduplicated: 0, skipped: 0, retimed: 0, renumbered: 0 };
    expect(result).toEqual(all);
    expect(uploaded).toEqual(all);
    // Not printed if they differ: it has half a megabyte.
    expect(exported === text).toBe(true);
    expect((await page.evaluate(() => window.files.download("other"))) === text).toBe(true);
    expect(text.split("\n").length).toBe(3_001);
  });
});
