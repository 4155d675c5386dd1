import { readdirSync, readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { expect } from "vitest";

/** The number of workers that identifies a page. */
const WORKERS = 12;

/** The process that shows a page, and perhaps other pages of its site. */
export interface Renderer {
  /** Stops the process: nothing in it runs, and it still holds everything. Resolves when it has stopped. */
  stop(): Promise<void>;
  /** Resumes the process if it was stopped. */
  resume(): void;
  kill(): void;
}

/** Finds the process of a page by the number of workers that the page starts: their threads have a name. */
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
    // The process, or a thread of it, has ended.
    return 0;
  }
}
