/** The same random queries over the same random values come to the same results on every engine. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { startBrowser } from "../support/browser.ts";
import { startScriptOn, withoutWarnings } from "../support/child.ts";
import { startFirefox } from "../support/firefox.ts";
import type { EngineName } from "../support/given-engine.ts";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import type { MatrixName, Versions } from "../support/matrix.ts";
import { ENGINES } from "../support/odd-files.ts";
import { createRandom } from "../support/random.ts";
import { ROOT } from "../support/run-node.ts";
import { versionOf } from "../support/runtimes.ts";
import { openSite, type Site } from "../support/site.ts";
import { askAtRandom, type QueryResult } from "../support/statements-and-values.ts";
import { temporaryPath } from "../support/temporary.ts";
import { startWebKit } from "../support/webkit.ts";
import { startWorkerd } from "../support/workerd.ts";

interface Answer {
  readonly versions: Versions;
  readonly results: readonly QueryResult[];
}

const SEED = createRandom("statements and values").seed;

/** What this Node's better-sqlite3 answers. */
async function askHere(plain: boolean): Promise<readonly QueryResult[]> {
  await using store = await openEventStore(betterSqlite3());
  const results = JSON.parse(JSON.stringify(await askAtRandom(store, SEED, plain))) as readonly QueryResult[];
  // Queries that all fail would show nothing.
  expect(results.filter(([, result]) => typeof result === "string").length).toBeLessThan(results.length / 4);
  return results;
}

const ROWS: readonly (readonly [row: MatrixName, answer: () => Promise<Answer>, leftOut: boolean])[] = [
  ...ENGINES.map((engine) => [engine, () => askEngine(engine), false] as const),
  ["workerd", askObject, false],
  ["Chromium", askChromium, mayBeLeftOut("chromium")],
  ["Firefox", () => askShown(startFirefox), mayBeLeftOut("firefox")],
  ["WebKit", () => askShown(startWebKit, webKitVersion()), mayBeLeftOut("webkit")],
];

for (const [row, answer, leftOut] of ROWS) {
  test.skipIf(leftOut)(`random queries in ${row} come to what better-sqlite3 gives`, async ({ task }) => {
    const { versions, results } = await answer();
    task.meta.matrix = { row, kind: "queries", versions, queries: results.length };
    expect(results).toEqual(await askHere(row === "workerd"));
  });
}

async function askEngine(engine: EngineName): Promise<Answer> {
  const { code, errors, lines } = await startScriptOn(engine, "ask-at-random", temporaryPath(), SEED).ended;
  expect({ engine, code, errors: withoutWarnings(errors) }).toEqual({ engine, code: 0, errors: "" });
  return JSON.parse(lines[0] as string) as Answer;
}

async function askObject(): Promise<Answer> {
  const workerd = await startWorkerd("odd-values", "Odd");
  onTestFinished(workerd.close);
  const results = (await workerd.ask("/ask", "POST", `${SEED}`)) as readonly QueryResult[];
  return { versions: { runtime: versionOf("workerd"), sqlite: "not told" }, results };
}

async function askChromium(): Promise<Answer> {
  const site = await openPage();
  const browser = await startBrowser();
  onTestFinished(() => browser.close());
  const page = await browser.open(site.url("odd-values"));
  const results = await page.evaluate((seed) => window.askInMemory(seed), SEED);
  return inBrowser(await page.evaluate(() => navigator.userAgent), results);
}

/** Asks in a browser that shows a page, which posts the results. */
async function askShown(
  start: (url: string) => ReturnType<typeof startWebKit> | ReturnType<typeof startFirefox>,
  version?: string,
): Promise<Answer> {
  const site = await openPage();
  const shown = await start(`${site.url("odd-values")}?seed=${SEED}`);
  onTestFinished(() => shown.close());
  const [agent, results] = JSON.parse(await Promise.race([site.posted("/report"), shown.ended])) as [string, string];
  return inBrowser(version ?? agent, results);
}

/** Debian's; the page is told a version of Safari. */
function webKitVersion(): string | undefined {
  const { stdout } = spawnSync("dpkg-query", ["-W", "-f=Version/${Version}", "libwebkit2gtk-4.1-0"], {
    encoding: "utf8",
  });
  return stdout === "" ? undefined : stdout;
}

async function openPage(): Promise<Site> {
  const site = await openSite({ pages: ["odd-values"] });
  onTestFinished(() => site.close());
  return site;
}

function inBrowser(agent: string, results: string): Answer {
  const { version } = JSON.parse(
    readFileSync(join(ROOT, "node_modules/@sqlite.org/sqlite-wasm/package.json"), "utf8"),
  ) as {
    readonly version: string;
  };
  const [, runtime = ""] = /(?:Chrome|Firefox|Version)\/(\d+(?:\.[1-9]\d*)*)/.exec(agent) ?? [];
  return {
    versions: { runtime, sqlite: version.replace(/-.*/, "") },
    results: JSON.parse(results) as readonly QueryResult[],
  };
}
