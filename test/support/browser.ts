import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { chromium, type BrowserContext, type Page } from "playwright-core";
import { guardGroup } from "./guarded-group.ts";
import { pathOf } from "./installed-browsers.ts";

/** A Chromium with its own profile, which outlives the process, so stored data is still there after a crash. */
export interface Browser {
  /** The context of the profile. A new one after `start`. */
  readonly context: BrowserContext;
  /** The folder of the profile. */
  readonly profile: string;
  /** The group of its processes. A new one after `start`. */
  readonly group: number;
  /** Opens a new tab, at an address if one is given. */
  open(url?: string): Promise<Page>;
  /** Kills every process of the browser at once, as a crash or a power button would. */
  kill(): Promise<void>;
  /** Starts the browser again on the same profile. */
  start(): Promise<void>;
  /** Ends the browser, and removes the profile. */
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

/** Flags against the slowing down of background tabs, for tests that drive many of them. */
const AWAKE = [
  "--disable-background-timer-throttling",
  "--disable-backgrounding-occluded-windows",
  "--disable-renderer-backgrounding",
];

export interface BrowserOptions {
  /** Further flags for Chromium. */
  readonly flags?: readonly string[];
  /** Whether a tab is hidden while another is in front, as for a user. Default: all tabs count as visible. */
  readonly hiding?: boolean;
  /** The folder of a profile with settings, which is removed with the browser. Default: a new profile. */
  readonly profile?: string;
}

/** Starts Debian's Chromium, or another installed one, on a new profile. */
export async function startBrowser({
  flags = [],
  hiding = false,
  profile = mkdtempSync(join(tmpdir(), "rivulet-chromium-")),
}: BrowserOptions = {}): Promise<Browser> {
  const args = [...FLAGS, ...AWAKE, ...flags, `--user-data-dir=${profile}`, "about:blank"];
  let running = await launch(args, { hiding, profile });
  return {
    profile,
    get context() {
      return running.context;
    },
    get group() {
      return running.group;
    },
    async open(url) {
      const page = await running.context.newPage();
      if (url !== undefined) await page.goto(url);
      return page;
    },
    kill: () => running.kill(),
    async start() {
      running = await launch(args, { hiding, profile });
    },
    async close() {
      await running.kill();
      rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
    },
  };
}

interface Running {
  readonly context: BrowserContext;
  readonly group: number;
  kill(): Promise<void>;
}

/**
 * The process is started here and not by Playwright, which neither tells its id nor lets it be killed without a proper
 * shutdown.
 */
async function launch(
  args: readonly string[],
  { hiding, profile }: { readonly hiding: boolean; readonly profile: string },
): Promise<Running> {
  // Started as the leader of a process group, so that its renderers can be killed in the same instant.
  const child = spawn(pathOf("chromium"), args, { detached: true, stdio: ["ignore", "ignore", "pipe"] });
  const killGroup = (): void => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    process.kill(-child.pid, "SIGKILL");
  };
  const exited = new Promise<void>((resolve) => {
    child.once("error", () => resolve());
    child.once("exit", () => resolve());
  });
  const release = child.pid === undefined ? undefined : guardGroup(child.pid, profile);
  let disconnected: Promise<unknown> = Promise.resolve();
  const kill = async (): Promise<void> => {
    killGroup();
    await exited;
    release?.();
    // By then, every pending call to its pages has failed.
    await disconnected;
  };
  try {
    const connected = await chromium.connectOverCDP(await devtoolsAddress(child, exited), { noDefaults: hiding });
    disconnected = new Promise((resolve) => connected.once("disconnected", resolve));
    const [context] = connected.contexts();
    if (context === undefined) throw new Error("Chromium came without its default context");
    return { context, group: child.pid as number, kill };
  } catch (error) {
    await kill();
    throw error;
  }
}

/** Chromium prints the address on standard error, which has to be read to its end, or the browser would block. */
function devtoolsAddress(child: ChildProcess, exited: Promise<void>): Promise<string> {
  return new Promise((resolve, reject) => {
    const said: string[] = [];
    if (child.stderr === null) throw new Error("Chromium's errors are not piped");
    createInterface({ input: child.stderr }).on("line", (line) => {
      if (said.length < 50) said.push(line);
      const address = /^DevTools listening on (ws:\S+)/.exec(line)?.[1];
      if (address !== undefined) resolve(address);
    });
    const end = (): void => reject(new Error(`Chromium ended before it could be used:\n${said.join("\n")}`));
    exited.then(end, end);
  });
}
