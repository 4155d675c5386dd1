import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { chromium, type BrowserContext, type Page } from "playwright-core";
import { pathOf } from "./installed-browsers.ts";

/** A Chromium with a profile of its own, which outlives the process: what is stored there is found after a crash. */
export interface Browser {
  /** Everything that shares the profile. A new one after `start`. */
  readonly context: BrowserContext;
  /** The folder of the profile. */
  readonly profile: string;
  /** A new tab, at an address where one is given. */
  open(url?: string): Promise<Page>;
  /** Ends every process of the browser where it stands, as a crash or a power button would. */
  kill(): Promise<void>;
  /** Starts it again on the same profile. */
  start(): Promise<void>;
  /** Ends it, and removes the profile. */
  close(): Promise<void>;
}

const FLAGS = [
  "--headless=new",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-dev-shm-usage",
  "--disable-default-apps",
  "--disable-extensions",
  "--disable-breakpad",
  "--no-first-run",
  "--no-default-browser-check",
  "--password-store=basic",
  "--remote-debugging-port=0",
];

/** Tabs in the background are slowed down; a test that drives many of them says so. */
const AWAKE = [
  "--disable-background-timer-throttling",
  "--disable-backgrounding-occluded-windows",
  "--disable-renderer-backgrounding",
];

export interface BrowserOptions {
  /** Further flags for Chromium. */
  readonly flags?: readonly string[];
  /** Whether a tab is hidden while another is in front, as for a user. Default: all take themselves for visible. */
  readonly hiding?: boolean;
  /** The folder of a profile that has settings already; it is removed with the browser. Default: a new one. */
  readonly profile?: string;
}

/** Starts Debian's Chromium, or what the machine has, on a new profile. */
export async function startBrowser({
  flags = [],
  hiding = false,
  profile = mkdtempSync(join(tmpdir(), "rivulet-chromium-")),
}: BrowserOptions = {}): Promise<Browser> {
  const args = [...FLAGS, ...AWAKE, ...flags, `--user-data-dir=${profile}`, "about:blank"];
  let running = await launch(args, hiding);
  return {
    profile,
    get context() {
      return running.context;
    },
    async open(url) {
      const page = await running.context.newPage();
      if (url !== undefined) await page.goto(url);
      return page;
    },
    kill: () => running.kill(),
    async start() {
      running = await launch(args, hiding);
    },
    async close() {
      await running.kill();
      rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
    },
  };
}

interface Running {
  readonly context: BrowserContext;
  kill(): Promise<void>;
}

/**
 * The process is ours rather than Playwright's, because Playwright neither tells its id nor lets it be killed without
 * a farewell.
 */
async function launch(args: readonly string[], hiding: boolean): Promise<Running> {
  // As the leader of a group, so that its renderers can be killed in the same instant.
  const child = spawn(pathOf("chromium"), args, { detached: true, stdio: ["ignore", "ignore", "pipe"] });
  const killGroup = (): void => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    process.kill(-child.pid, "SIGKILL");
  };
  const exited = new Promise<void>((resolve) => {
    child.once("error", () => resolve());
    child.once("exit", () => resolve());
  });
  process.once("exit", killGroup);
  let disconnected: Promise<unknown> = Promise.resolve();
  const kill = async (): Promise<void> => {
    killGroup();
    await exited;
    process.off("exit", killGroup);
    // Then whatever was asked of its pages has failed.
    await disconnected;
  };
  try {
    const connected = await chromium.connectOverCDP(await devtoolsAddress(child, exited), { noDefaults: hiding });
    disconnected = new Promise((resolve) => connected.once("disconnected", resolve));
    const [context] = connected.contexts();
    if (context === undefined) throw new Error("Chromium came without its default context");
    return { context, kill };
  } catch (error) {
    await kill();
    throw error;
  }
}

/** Chromium tells it on its standard error, which has to be read to its end lest the browser wait for it. */
function devtoolsAddress(child: ChildProcess, exited: Promise<void>): Promise<string> {
  return new Promise((resolve, reject) => {
    const said: string[] = [];
    if (child.stderr === null) throw new Error("Chromium's errors are not piped");
    createInterface({ input: child.stderr }).on("line", (line) => {
      if (said.length < 50) said.push(line);
      const address = /^DevTools listening on (ws:\S+)/.exec(line)?.[1];
      if (address !== undefined) resolve(address);
    });
    void exited.then(() => reject(new Error(`Chromium ended before it could be used:\n${said.join("\n")}`)));
  });
}
