import { readdirSync, readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { expect } from "vitest";

/** Enough to tell a page from others by its number of workers. */
const WORKERS = 12;

/** The process that shows a page, which may show others of its site too. */
export interface Renderer {
  /** Stops it where it stands: nothing in it runs any more, and nothing that it holds is free. Resolves once it does. */
  stop(): Promise<void>;
  /** Lets it go on, where it was stopped. */
  resume(): void;
  kill(): void;
}

/** Finds the process of a page by the workers that it is made to start: their threads have a name. */
export async function rendererOf(page: Page): Promise<Renderer> {
  await page.evaluate((count) => {
    const url = URL.createObjectURL(new Blob(["onmessage = () => undefined"]));
    Object.assign(globalThis, { idle: Array.from({ length: count }, () => new Worker(url)) });
  }, WORKERS);
  const browser = page.context().browser();
  if (browser === null) throw new Error("the page has no browser");
  const devtools = await browser.newBrowserCDPSession();
  let found: number | undefined;
  await expect
    .poll(async () => {
      const { processInfo } = await devtools.send("SystemInfo.getProcessInfo");
      found = processInfo.map(({ id }) => id).find((id) => countWorkers(id) >= WORKERS);
      return found;
    })
    .toBeDefined();
  await page.evaluate(() => {
    for (const worker of (globalThis as unknown as { idle: Worker[] }).idle) worker.terminate();
  });
  const id = found as number;
  let stopped = false;
  return {
    async stop() {
      stopped = true;
      process.kill(id, "SIGSTOP");
      await expect.poll(() => readFileSync(`/proc/${id}/stat`, "utf8")).toMatch(/\) T /);
    },
    resume() {
      if (stopped) process.kill(id, "SIGCONT");
      stopped = false;
    },
    kill() {
      stopped = false;
      process.kill(id, "SIGKILL");
    },
  };
}

function countWorkers(id: number): number {
  try {
    const threads = readdirSync(`/proc/${id}/task`);
    return threads.filter((thread) =>
      readFileSync(`/proc/${id}/task/${thread}/comm`, "utf8").startsWith("DedicatedWorker"),
    ).length;
  } catch {
    // It has ended, or a thread of it has.
    return 0;
  }
}
