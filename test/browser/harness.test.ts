import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, onTestFinished, test } from "vitest";
import { startBrowser, type Browser } from "../support/browser.ts";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import { openSite, type Site } from "../support/site.ts";

describe.skipIf(mayBeLeftOut("chromium"))("Chromium under test", () => {
  test("data that a page flushed before a kill is found by the next browser", async () => {
    const { browser, site } = await start();
    const page = await browser.open(site.url("doors"));
    await page.evaluate(async () => {
      const folder = await navigator.storage.getDirectory();
      const file = await folder.getFileHandle("kept", { create: true });
      const stream = await file.createWritable();
      await stream.write("still here");
      await stream.close();
    });

    await browser.kill();
    expect(browser.context.browser()?.isConnected()).toBe(false);
    expect(page.isClosed()).toBe(true);
    await browser.start();
    const again = await browser.open(site.url("doors"));

    const text = await again.evaluate(async () => {
      const folder = await navigator.storage.getDirectory();
      return (await (await folder.getFileHandle("kept")).getFile()).text();
    });
    expect(text).toBe("still here");
  });

  test("a kill leaves no process of the browser behind", async () => {
    const { browser, site } = await start();
    await browser.open(site.url("doors"));
    expect(processesOf(browser).length).toBeGreaterThan(2);

    await browser.kill();

    await expect.poll(() => processesOf(browser)).toEqual([]);
  });

  test("a page is not cross-origin isolated, loads the package, and gets the answers that the test sets", async () => {
    const { browser, site } = await start();
    const page = await browser.open(site.url("doors"));
    expect(await page.evaluate(() => [crossOriginIsolated, isSecureContext])).toEqual([false, true]);
    expect(await page.evaluate(() => typeof window.doors.openEventStore)).toBe("function");

    site.answer = (path) => (path === "/odd" ? { status: 418, body: "teapot" } : undefined);
    expect(await page.evaluate(async () => (await fetch("/odd")).status)).toBe(418);
    const posted = site.posted("/told");
    await page.evaluate(() => fetch("/told", { method: "POST", body: "something" }));
    expect(await posted).toBe("something");
  });
});

async function start(): Promise<{ browser: Browser; site: Site }> {
  const site = await openSite({ pages: ["doors"] });
  onTestFinished(() => site.close());
  const browser = await startBrowser();
  onTestFinished(() => browser.close());
  return { browser, site };
}

/** The processes with the profile on their command line: all of the browser's. */
function processesOf({ profile }: Browser): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((id) => commandLine(id).includes(profile));
}

function commandLine(id: string): string {
  try {
    return readFileSync(`/proc/${id}/cmdline`, "utf8");
  } catch {
    // It ended meanwhile.
    return "";
  }
}
