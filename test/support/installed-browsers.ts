import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium, firefox } from "playwright-core";

/** The names of the browsers' programs, the preferred one first. */
const NAMES = {
  chromium: ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
  firefox: ["firefox-esr", "firefox"],
} as const;

/** The folder of Playwright's downloads. */
const DOWNLOADED = { chromium, firefox } as const;

export type BrowserName = keyof typeof NAMES;

/** Whether tests of a browser may be skipped because it is not installed. In CI they fail instead. */
export function mayBeLeftOut(browser: BrowserName): boolean {
  return process.env["CI"] === undefined && find(browser) === undefined;
}

/** Returns the path of the browser's program. Throws if there is none. */
export function pathOf(browser: BrowserName): string {
  const path = find(browser);
  if (path !== undefined) return path;
  const names = NAMES[browser].join(", ");
  throw new Error(`no ${browser} was found: install one of ${names}, or "npx playwright-core install ${browser}"`);
}

function find(browser: BrowserName): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  const onPath = NAMES[browser].flatMap((name) => folders.map((folder) => join(folder, name)));
  return [...onPath, DOWNLOADED[browser].executablePath()].find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // The program is missing or not executable.
    return false;
  }
}
