import { readdirSync, readFileSync } from "node:fs";
import { startBrowser } from "../support/browser.ts";
import { newProfile, startFirefox } from "../support/firefox.ts";
import type { ShownBrowser } from "../support/shown-browser.ts";
import { openSite, type Site } from "../support/site.ts";
import { GROWING, ONCE_A_VISIT, type FilledInBrowser, type Task } from "./browser/growth.ts";
import { median } from "./harness.ts";
import type { Row } from "./row.ts";
import { fileRows, fillingRows, tenthOf, timeRows, type Measured } from "./size-work.ts";

const EVENTS = 1_000_000;
/** How often a browser is started for what it does once: the medians are compared. */
const VISITS = 5;
const WHOLE = "a million";
const TENTH = "a tenth";

/** A browser that shows each page in a new process. What its pages store stays. */
interface Visited {
  /** What is in the command line of a process that shows pages. */
  readonly isPage: RegExp;
  /** Starts the browser with a page. */
  show(url: string): Promise<Pick<ShownBrowser, "ended" | "group">>;
  /** Ends its processes. */
  leave(): Promise<unknown>;
  /** Removes what is stored. */
  close(): Promise<unknown>;
}

/** What everything costs in Chromium with a million events of 100 bytes, beside a tenth of them. */
export async function* benchGrowthInChromium(): AsyncGenerator<Row> {
  const browser = await startBrowser();
  await browser.kill();
  yield* benchGrowth({
    isPage: /--type=renderer/,
    async show(url) {
      await browser.start();
      const page = await browser.open();
      const ended = new Promise<never>((_resolve, reject) => {
        page.once("crash", () => reject(new Error("the page has crashed")));
      });
      // Before somebody waits for it, `goto` reports it.
      ended.catch(() => undefined);
      await page.goto(url);
      return { ended, group: browser.group };
    },
    leave: () => browser.kill(),
    close: () => browser.close(),
  });
}

/** The same in Firefox. */
export async function* benchGrowthInFirefox(): AsyncGenerator<Row> {
  const profile = newProfile();
  let running: ShownBrowser | undefined;
  yield* benchGrowth({
    isPage: /-contentproc.* tab\0$/,
    show: (url) => Promise.resolve((running = startFirefox(url, profile))),
    leave: async () => running?.kill(),
    close: async () => running?.close(),
  });
}

/** Does each thing in a process of its own. */
async function* benchGrowth(browser: Visited): AsyncGenerator<Row> {
  const site = await openSite({ pages: ["growth"] });
  const ask = <Result>(task: Task): Promise<Result & Measured> => askPage(browser, site, task);
  try {
    const against = tenthOf(EVENTS);
    const small = await ask<FilledInBrowser>({ store: TENTH, work: EVENTS / 10 });
    const large = await ask<FilledInBrowser>({ store: WHOLE, work: EVENTS });
    yield* fileRows(against, large, small);
    yield* fillingRows(against, large, small);
    for (const [work, { unit }] of Object.entries(GROWING)) {
      const tenth: Measured[] = [];
      const whole: Measured[] = [];
      for (let visit = 0; visit < (ONCE_A_VISIT.has(work) ? VISITS : 1); visit++) {
        tenth.push(await ask<Measured>({ store: TENTH, work }));
        whole.push(await ask<Measured>({ store: WHOLE, work }));
      }
      yield* timeRows({ name: work, unit, against }, typical(whole), typical(tenth));
    }
  } finally {
    await browser.close();
    await site.close();
  }
}

function typical(measured: readonly Measured[]): Measured {
  return { each: median(measured.map(({ each }) => each)), peak: Math.max(...measured.map(({ peak }) => peak)) };
}

/** Resolves with what a page posts for a task, and with the peak of its process's memory. */
async function askPage<Result>(browser: Visited, site: Site, task: Task): Promise<Result & Measured> {
  const { ended, group } = await browser.show(`${site.url("growth")}#${encodeURIComponent(JSON.stringify(task))}`);
  const result = JSON.parse(await Promise.race([site.posted("/growth"), ended])) as (Result & Measured) | string;
  if (typeof result === "string") throw new Error(`${task.work} of ${task.store} failed: ${result}`);
  const peak = peakIn(group, browser.isPage);
  await browser.leave();
  return { ...result, peak };
}

/** The most memory, in MB, that a process of a group has had which shows pages. A browser also has some without a page, which are smaller. */
function peakIn(group: number, isPage: RegExp): number {
  const peaks = readdirSync("/proc")
    .filter((id) => /^\d+$/.test(id))
    .map((id) => {
      try {
        const [, , of] = readFileSync(`/proc/${id}/stat`, "utf8")
          .replace(/^.*\) /s, "")
          .split(" ");
        if (Number(of) !== group || !isPage.test(readFileSync(`/proc/${id}/cmdline`, "utf8"))) return 0;
        return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${id}/status`, "utf8"))?.[1] ?? 0) / 1_024;
      } catch {
        // It has ended in the meantime.
        return 0;
      }
    });
  const peak = Math.max(...peaks);
  if (peak === 0) throw new Error("no process shows a page");
  return peak;
}
