import { spawn, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Page } from "playwright-core";
import type { Browser } from "./browser.ts";
import { copyMade, keepMade } from "./made-once.ts";
import { ROOT } from "./run-node.ts";
import { serveFolder, type Site } from "./site.ts";

/** Builds the demo page as `npm start` does, into a new folder that the caller has to remove. */
export async function buildDemoPage(): Promise<string> {
  const parent = join(ROOT, ".build/browser");
  mkdirSync(parent, { recursive: true });
  const folder = join(parent, `demo-${randomUUID()}`);
  if (copyMade("demo", folder)) return folder;
  const { build } = await import("vite");
  await build({
    configFile: join(ROOT, "demo/page/vite.config.ts"),
    logLevel: "silent",
    build: { outDir: folder },
  });
  keepMade("demo", folder);
  return folder;
}

/** Serves the built page as plain files, without a service. */
export async function openDemoSite(): Promise<Site> {
  const folder = await buildDemoPage();
  const site = await serveFolder(folder);
  return Object.assign(site, { close: closing(site.close, folder) });
}

function closing(close: () => Promise<void>, folder: string): () => Promise<void> {
  return async () => {
    await close();
    rmSync(folder, { recursive: true, force: true });
  };
}

/** The service in Node, with the page. */
export interface DemoService {
  readonly pid: number;
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts the service over a file in a separate process; port 0 is a free port. */
export function startDemoService(file: string, page: string, port = 0): Promise<DemoService> {
  return startDemoServiceWith("--port", String(port), "--file", file, "--page", page);
}

/** Starts the service with its own options. */
export async function startDemoServiceWith(...options: readonly string[]): Promise<DemoService> {
  const script = join(ROOT, ".build/demo/node-service.js");
  const child = spawn(process.execPath, [script, ...options], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const kill = (): void => void child.kill("SIGTERM");
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  // Everything of it is removed after the test, whether it passes or not.
  process.once("exit", kill);
  return {
    url: await addressOf(child),
    pid: child.pid as number,
    async stop() {
      kill();
      await exited;
      process.off("exit", kill);
    },
  };
}

function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    if (child.stdout === null) throw new Error("the service's output is not piped");
    createInterface({ input: child.stdout }).on("line", (line) => {
      const address = /http:\/\/\S+/.exec(line)?.[0];
      if (address !== undefined) resolve(address);
    });
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the service ended with ${code}`)));
  });
}

/** Opens the page in a new tab, and waits until its counters are open. */
export async function openCounters(browser: Browser, url: string): Promise<Page> {
  const page = await browser.open(url);
  await counterCard(page, "Cups of coffee").waitFor();
  return page;
}

/** Locates the card of a counter. */
export function counterCard(page: Page, label: string): ReturnType<Page["locator"]> {
  return page.getByRole("article", { name: label, exact: true });
}

/** Returns the number on a card. */
export function valueOf(page: Page, label: string): Promise<string> {
  return counterCard(page, label).locator(".value .number").innerText();
}

export async function press(page: Page, name: string | RegExp, times = 1): Promise<void> {
  // A background tab is rarely rendered, and can be clicked only then.
  await page.bringToFront();
  for (let time = 0; time < times; time += 1) await page.getByRole("button", { name, exact: true }).click();
}

export async function addCounter(page: Page, label: string): Promise<void> {
  await page.bringToFront();
  await page.getByLabel("Name of the new counter").fill(label);
  await press(page, "Add");
}
