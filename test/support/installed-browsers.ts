import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium, firefox } from "playwright-core";

/** What the browsers' programs are called, the preferred first. */
const NAMES = {
  chromium: ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
  firefox: ["firefox-esr", "firefox"],
} as const;

/** Where Playwright puts what it downloads. */
const DOWNLOADED = { chromium, firefox } as const;

export type BrowserName = keyof typeof NAMES;

/**
 * Whether tests of a browser can be left out: where it is not installed, unless this is the automatic run that everything
 * hangs on (CI). There they fail.
 */
export function mayBeLeftOut(browser: BrowserName): boolean {
  return process.env["CI"] === undefined && find(browser) === undefined;
}

/** The browser's program. Throws where there is none. */
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
    // Not there, or not to be run: the answer either way.
    return false;
  }
}
