import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import type { Browser } from "./browser.ts";
import { installPacked } from "./packed.ts";
import { ROOT } from "./run-node.ts";

/** A development server builds what a page asks for, in milliseconds. */
const LONGEST = 60_000;

/** A folder with the documented application for a browser, and the packed package. */
export function startApplication(): string {
  const folder = installPacked();
  cpSync(join(ROOT, "test/package/browser-app"), folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "fresh", private: true, type: "module" }));
  return folder;
}

interface VisitOptions {
  /** Whether the server may load the page again by itself, as development servers do once they know all its modules. */
  readonly mayReload?: boolean;
}

/** Checks that the application appends its first event, finds it after a reload, and reports no error. */
export async function visitTwice(
  browser: Browser,
  url: string,
  { mayReload = false }: VisitOptions = {},
): Promise<void> {
  const page = await browser.open();
  const complaints = listen(page);
  await page.goto(url);
  const first = await countEvents(page, 1, complaints);
  await page.reload();
  const second = await countEvents(page, first + 1, complaints);
  if (!mayReload) expect([first, second]).toEqual([1, 2]);
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

/** Waits until the title tells of at least so many events, and returns their number. */
async function countEvents(page: Page, least: number, complaints: readonly string[]): Promise<number> {
  const count = (minimum: number): number | false => {
    const events = Number(/^(\d+) events?, opfs$/.exec(document.title)?.[1] ?? 0);
    return events >= minimum && events;
  };
  try {
    const counted = await page.waitForFunction(count, least, { timeout: LONGEST });
    return Number(await counted.jsonValue());
  } catch (error) {
    throw new Error(`the title stayed "${await page.title()}": ${complaints.join("\n")}`, { cause: error });
  }
}
