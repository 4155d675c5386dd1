import { accessSync, constants, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium, firefox } from "playwright-core";

/** The names of the browsers' programs, the preferred one first. */
const NAMES = {
  chromium: ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
  firefox: ["firefox-esr", "firefox"],
  /** WebKitGTK's own browser, which is not on the path. */
  webkit: ["MiniBrowser"],
  /** The display that it needs. */
  xvfb: ["Xvfb"],
} as const;

/** Debian's folders of WebKitGTK's programs. */
const WEBKIT = "webkit2gtk-4.1";

/** The folder of Playwright's downloads. */
const DOWNLOADED: { readonly [Name in BrowserName]?: { executablePath(): string } } = { chromium, firefox };

export type BrowserName = keyof typeof NAMES;

/** Whether tests of a browser may be skipped because it is not installed. In CI they fail instead. */
export function mayBeLeftOut(browser: BrowserName): boolean {
  const needed = browser === "webkit" ? (["webkit", "xvfb"] as const) : [browser];
  return process.env["CI"] === undefined && needed.some((name) => find(name) === undefined);
}

/** Returns the path of the browser's program. Throws if there is none. */
export function pathOf(browser: BrowserName): string {
  const path = find(browser);
  if (path !== undefined) return path;
  const names = NAMES[browser].join(", ");
  const download = browser in DOWNLOADED ? `, or "npx playwright-core install ${browser}"` : "";
  throw new Error(`no ${browser} was found: install one of ${names}${download}`);
}

function find(browser: BrowserName): string | undefined {
  const path = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  const folders = browser === "webkit" ? [...path, ...foldersOfWebKit()] : path;
  const onPath = NAMES[browser].flatMap((name) => folders.map((folder) => join(folder, name)));
  return [...onPath, DOWNLOADED[browser]?.executablePath()].find((found) => found !== undefined && isProgram(found));
}

function foldersOfWebKit(): readonly string[] {
  if (process.platform !== "linux") return [];
  return readdirSync("/usr/lib").map((platform) => join("/usr/lib", platform, WEBKIT));
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
