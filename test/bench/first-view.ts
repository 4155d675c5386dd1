import { rmSync } from "node:fs";
import { join } from "node:path";
import { startBrowser, type Browser } from "../support/browser.ts";
import { openSite, type Site } from "../support/site.ts";
import { estimate, median } from "./harness.ts";
import { formatNumber, measureRow, type Row } from "./row.ts";

/** How often the browser is started for each row. */
const ROUNDS = 15;
const EVENTS = 1_000;

/** The folders of a profile with what was loaded, and with its compiled code. */
const CACHES = ["Default/Cache", "Default/Code Cache", "GrShaderCache", "ShaderCache"];

/** How long a browser has to write its caches before it ends, in milliseconds. */
const SETTLING = 700;

const STATES = {
  rendered: ["the last known state is shown", 50],
  live: ["the live state is shown", undefined],
} as const;

/**
 * From the start of a navigation until a page shows a list, by its own clock, in a browser that has just been started: with its files in
 * the cache, and without.
 */
export async function benchFirstView(): Promise<Row[]> {
  const site = await openSite({ pages: ["last-known"] });
  site.answer = (path) => {
    if (!path.startsWith("/assets/")) return undefined;
    const file = site.bytes(path);
    return { ...file, headers: { ...file.headers, "cache-control": "max-age=31536000, immutable" } };
  };
  const browser = await startBrowser();
  try {
    await visit(browser, site, EVENTS);
    const rows: Row[] = [];
    for (const cached of [true, false]) {
      const times = { rendered: [] as number[], live: [] as number[] };
      const delays: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        await browser.kill();
        if (!cached)
          for (const folder of CACHES) rmSync(join(browser.profile, folder), { recursive: true, force: true });
        await browser.start();
        const { loaded, rendered, live } = await visit(browser, site);
        delays.push(rendered - loaded);
        times.rendered.push(rendered);
        times.live.push(live);
      }
      for (const [state, [name, atMost]] of Object.entries(STATES) as [
        keyof typeof STATES,
        (typeof STATES)["live"],
      ][]) {
        rows.push(
          measureRow({
            name: `a new browser, its files ${cached ? "in the cache" : "loaded from this machine"}: ${name}`,
            value: estimate(times[state]),
            unit: "ms",
            ...(state === "rendered" && { detail: `${formatNumber(median(delays))} ms after its script was loaded` }),
            ...(atMost !== undefined && cached && { atMost }),
          }),
        );
      }
    }
    return rows;
  } finally {
    await browser.close();
    await site.close();
  }
}

/** Opens the page, appends if asked, and leaves it. */
async function visit(
  { context }: Browser,
  site: Site,
  events = 0,
): Promise<{ readonly loaded: number; readonly rendered: number; readonly live: number }> {
  const page = context.pages()[0] ?? (await context.newPage());
  await page.goto(`${site.url("last-known")}#0`);
  await page.waitForFunction(() => window.known.time("live") !== undefined);
  const [loaded, rendered, live] = await page.evaluate(() => [
    window.known.loaded(),
    window.known.time("rendered"),
    window.known.time("live"),
  ]);
  if (events > 0) await page.evaluate((count) => window.known.appendMany(count), events);
  await page.goto("about:blank");
  await new Promise((resolve) => setTimeout(resolve, SETTLING));
  return { loaded, rendered: rendered as number, live: live as number };
}
