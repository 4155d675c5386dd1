import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import type { Browser } from "./browser.ts";
import { installPacked } from "./packed.ts";
import { ROOT } from "./run-node.ts";

/** A folder with README's application for a browser, and the packed package. */
export function startApplication(): string {
  const folder = installPacked();
  cpSync(join(ROOT, "test/package/browser-app"), folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "fresh", private: true, type: "module" }));
  return folder;
}

/** Checks that the application appends its first event, finds it after a reload, and reports no error. */
export async function visitTwice(browser: Browser, url: string): Promise<void> {
  const page = await browser.open();
  const complaints = listen(page);
  await page.goto(url);
  await expectTitle(page, "1 event, opfs", complaints);
  await page.reload();
  await expectTitle(page, "2 events, opfs", complaints);
  expect(complaints).toEqual([]);
  await page.close();
}

/** Collects the errors of the page. */
function listen(page: Page): string[] {
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  return complaints;
}

async function expectTitle(page: Page, title: string, complaints: readonly string[]): Promise<void> {
  try {
    await page.waitForFunction((expected) => document.title === expected, title, { timeout: 30_000 });
  } catch (error) {
    throw new Error(`the title stayed "${await page.title()}": ${complaints.join("\n")}`, { cause: error });
  }
}
