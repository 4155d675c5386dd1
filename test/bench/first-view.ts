import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { startBrowser, type Browser } from "../support/browser.ts";
import { ROOT } from "../support/run-node.ts";
import { openSite, type Site } from "../support/site.ts";
import type { Mark } from "./browser/view.ts";
import { estimate, median } from "./harness.ts";
import { formatNumber, measureRow, type Row } from "./row.ts";

/** How often the browser is started for each page, and how often a tab is opened. */
const ROUNDS = 15;
const EVENTS = 1_000;

/** The folders of a profile with what was loaded, and with its compiled code. */
const CACHES = ["Default/Cache", "Default/Code Cache", "GrShaderCache", "ShaderCache"];

/** How long a browser has to write its caches, a page to end, and a window to be shown, in milliseconds. */
const SETTLING = 700;

/** Where `npm run bench:peers` installs what the benchmark compares with. */
const DEXIE = join(ROOT, "test/bench/peers/node_modules/dexie");

/** What a page shows, in the order in which it does, and the aim in milliseconds. */
interface Shown {
  readonly mark: Mark;
  readonly name: string;
  readonly atMost?: number;
}

interface Candidate {
  readonly page: string;
  readonly shown: readonly Shown[];
}

const OURS: Candidate = {
  page: "last-known",
  shown: [
    { mark: "rendered", name: "the last known state is shown", atMost: 50 },
    { mark: "live", name: "the live state is shown" },
  ],
};

const PLAIN: Candidate = {
  page: "first-view-plain",
  shown: [{ mark: "rendered", name: "a list from localStorage is shown, without any library" }],
};

const RAW: Candidate = {
  page: "first-view-raw",
  shown: [{ mark: "live", name: "a list from raw oo1 in a worker is shown" }],
};

const INDEXED: Candidate = existsSync(DEXIE)
  ? { page: "first-view-dexie", shown: [{ mark: "live", name: "a list from Dexie is shown" }] }
  : { page: "first-view-indexeddb", shown: [{ mark: "live", name: "a list from IndexedDB by hand is shown" }] };

/** How a page is opened, in a row's name. */
interface Setting {
  readonly name: string;
  readonly candidates: readonly Candidate[];
  /** Whether the aim is for this setting. */
  readonly isAim: boolean;
  /** Runs before each visit. Resolves with the page to be used. */
  prepare(browser: Browser): Promise<Page>;
}

const SETTINGS: readonly Setting[] = [
  {
    name: "a new browser, its files in the cache",
    candidates: [OURS, PLAIN],
    isAim: true,
    prepare: (browser) => restart(browser, []),
  },
  {
    name: "a new browser, its files loaded from this machine",
    candidates: [OURS, PLAIN],
    isAim: false,
    prepare: (browser) => restart(browser, CACHES),
  },
  {
    name: "a new tab, its files in the cache",
    candidates: [OURS, PLAIN, RAW, INDEXED],
    isAim: true,
    prepare: openBeside,
  },
];

/** The times of one visit, in milliseconds from the start of the navigation. */
type Times = Readonly<Record<"loaded" | Mark, number>>;

/**
 * From the start of a navigation until a page shows a list, by its own clock: in a browser that has just been started, with its files in
 * the cache and without, and in a new tab beside another. All pages that are compared take turns.
 */
export async function benchFirstView(): Promise<Row[]> {
  const sites = new Map<Candidate, Site>();
  const browser = await startBrowser();
  try {
    for (const candidate of [OURS, PLAIN, RAW, INDEXED]) {
      const site = await openCachedSite(candidate.page);
      sites.set(candidate, site);
      await visit(await browser.open(), candidate, site, EVENTS);
    }
    const rows: Row[] = [];
    for (const setting of SETTINGS) {
      const times = new Map<Candidate, Times[]>(setting.candidates.map((candidate) => [candidate, []]));
      for (let round = 0; round < ROUNDS; round++) {
        for (const [candidate, visits] of times) {
          const page = await setting.prepare(browser);
          visits.push(await visit(page, candidate, sites.get(candidate) as Site));
        }
      }
      rows.push(...rowsOf(setting, times));
    }
    return rows;
  } finally {
    await browser.close();
    for (const site of sites.values()) await site.close();
  }
}

/** A site of one page only, so that it loads what it needs and nothing that it shares with others. */
async function openCachedSite(page: string): Promise<Site> {
  const site = await openSite({ pages: [page], config: { resolve: { alias: { dexie: DEXIE } } } });
  site.answer = (path) => {
    if (!path.startsWith("/assets/")) return undefined;
    const file = site.bytes(path);
    return { ...file, headers: { ...file.headers, "cache-control": "max-age=31536000, immutable" } };
  };
  return site;
}

async function restart(browser: Browser, without: readonly string[]): Promise<Page> {
  await browser.kill();
  for (const folder of without) rmSync(join(browser.profile, folder), { recursive: true, force: true });
  await browser.start();
  return browser.context.pages()[0] ?? (await browser.open());
}

/** Opens a tab beside another, as in a browser that is in use: if there is none, Chromium has to make a window first. */
async function openBeside(browser: Browser): Promise<Page> {
  if (browser.context.pages().length === 0) {
    await browser.open();
    await settled();
  }
  return browser.context.newPage();
}

function* rowsOf({ name, isAim }: Setting, times: ReadonlyMap<Candidate, readonly Times[]>): Generator<Row> {
  for (const [{ shown }, visits] of times) {
    for (const { mark, name: what, atMost } of shown) {
      const delay = median(visits.map((visited) => visited[mark] - visited.loaded));
      yield measureRow({
        name: `${name}: ${what}`,
        value: estimate(visits.map((visited) => visited[mark])),
        unit: "ms",
        detail: `${formatNumber(delay)} ms after its script was loaded`,
        ...(atMost !== undefined && isAim && { atMost }),
      });
    }
  }
}

/** Opens the page in this tab, appends if asked, and closes the tab. */
async function visit(page: Page, { page: name, shown }: Candidate, site: Site, events = 0): Promise<Times> {
  await page.goto(`${site.url(name)}#0`);
  const last = shown.at(-1)?.mark;
  await page.waitForFunction((mark) => window.view?.time(mark as Mark) !== undefined, last);
  if (events > 0) await page.evaluate((count) => window.view.appendMany(count), events);
  else if ((await page.locator("li").count()) !== EVENTS) throw new Error(`${name} should show ${EVENTS} events`);
  const times = await page.evaluate(() => ({
    loaded: window.view.loaded(),
    rendered: window.view.time("rendered") ?? Number.NaN,
    live: window.view.time("live") ?? Number.NaN,
  }));
  // A page that is left writes what it keeps, and its browser the caches.
  await page.goto("about:blank");
  await settled();
  await page.close();
  return times;
}

function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, SETTLING));
}
