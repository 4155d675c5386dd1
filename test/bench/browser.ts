import type { Page } from "playwright-core";
import { startBrowser, type Browser } from "../support/browser.ts";
import { startFirefox } from "../support/firefox.ts";
import { loadFlights } from "../support/flights.ts";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import { openSite, type Site } from "../support/site.ts";
import type { CaseName } from "./browser/cases.ts";
import { benchGrowthInChromium, benchGrowthInFirefox } from "./browser-growth.ts";
import { benchFirstView } from "./first-view.ts";
import type { Row } from "./row.ts";

/** A part of the 200,000 flights, enough for a block of some tenths of a second. */
const FLIGHTS = 20_000;

const SINGLE = ["in-worker", "own-tab", "opening", "model"] as const satisfies readonly CaseName[];

const isAsked = (name: CaseName, only: string | undefined): boolean => only === undefined || only === name;

/** How many tabs a case finds open beside its own. */
const BESIDE: readonly (readonly [CaseName, number])[] = [
  ["follower", 2],
  ["crowd", 9],
  ["hand-over", 0],
];

/** What can be measured alone. */
export const BROWSER_CASES: readonly string[] = [...SINGLE, ...BESIDE.map(([name]) => name), "first-view", "growth"];

/** The store in browsers, beside sqlite-wasm by hand in the same browser. Missing browsers are left out. */
export async function* benchBrowser(_folder: string, only?: string): AsyncGenerator<Row> {
  const site = await openSite({ pages: ["bench"] });
  const flights = JSON.stringify(loadFlights().slice(0, FLIGHTS));
  site.answer = (path) =>
    path === "/flights.json" ? { headers: { "content-type": "application/json" }, body: flights } : undefined;
  try {
    if (mayBeLeftOut("chromium")) process.stderr.write("Chromium is not there\n");
    else {
      yield* named("Chromium", benchChromium(site, only));
      if (only === undefined || only === "first-view") yield* named("Chromium", rowsOf(benchFirstView));
      // It takes minutes, and runs only if it is asked for.
      if (only === "growth") yield* named("Chromium", benchGrowthInChromium());
    }
    if (mayBeLeftOut("firefox")) process.stderr.write("Firefox is not there\n");
    else {
      yield* named("Firefox", benchFirefox(site, only));
      if (only === "growth") yield* named("Firefox", benchGrowthInFirefox());
    }
  } finally {
    await site.close();
  }
}

async function* named(browser: string, rows: AsyncGenerator<Row>): AsyncGenerator<Row> {
  for await (const row of rows) yield { ...row, name: `${browser}: ${row.name}` };
}

/** It starts browsers of its own. */
async function* rowsOf(bench: () => Promise<Row[]>): AsyncGenerator<Row> {
  yield* await bench();
}

async function* benchChromium(site: Site, only: string | undefined): AsyncGenerator<Row> {
  const cases = [...SINGLE.map((name) => [name, 0] as const), ...BESIDE].filter(([name]) => isAsked(name, only));
  if (cases.length === 0) return;
  // The hand-over opens windows by itself.
  const browser = await startBrowser({ flags: ["--disable-popup-blocking"] });
  try {
    for (const [name, beside] of cases) yield* await runCase(browser, site, name, beside);
  } finally {
    await browser.close();
  }
}

async function runCase(browser: Browser, site: Site, name: CaseName, beside: number): Promise<Row[]> {
  const others: Page[] = [];
  for (let tab = 0; tab < beside; tab++) {
    const other = await browser.open(site.url("bench"));
    others.push(other);
    await other.evaluate((number) => window.bench.join(number), tab);
  }
  const page = await browser.open(site.url("bench"));
  try {
    return await page.evaluate((what) => window.bench.run(what), name);
  } finally {
    for (const each of [page, ...others]) await each.close();
  }
}

async function* benchFirefox(site: Site, only: string | undefined): AsyncGenerator<Row> {
  const cases = SINGLE.filter((name) => isAsked(name, only));
  if (cases.length === 0) return;
  const firefox = startFirefox(`${site.url("bench")}#${cases.join()}`);
  try {
    for (const name of cases) {
      const result = JSON.parse(await Promise.race([site.posted(`/bench-${name}`), firefox.ended])) as Row[] | string;
      if (typeof result === "string") throw new Error(`Firefox failed at "${name}": ${result}`);
      yield* result;
    }
  } finally {
    await firefox.close();
  }
}
