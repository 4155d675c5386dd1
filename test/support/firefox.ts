import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathOf } from "./installed-browsers.ts";

/** A Firefox that shows one page; the page posts its results to its server. */
export interface Firefox {
  /** Rejects with the browser's output if it ends by itself. */
  readonly ended: Promise<never>;
  /** Kills every process of the browser at once, and keeps the profile. */
  kill(): Promise<void>;
  /** Ends the browser, and removes the profile. */
  close(): Promise<void>;
}

/** Settings that turn off everything but the page: welcome screens, updates, network access. */
const PREFERENCES: Readonly<Record<string, string | number | boolean>> = {
  "app.update.enabled": false,
  "app.normandy.enabled": false,
  "browser.aboutwelcome.enabled": false,
  // Otherwise it loads often visited pages again, hidden and with their own storage, for thumbnails.
  "browser.pagethumbnails.capturing_disabled": true,
  "browser.shell.checkDefaultBrowser": false,
  "browser.startup.page": 0,
  "datareporting.policy.dataSubmissionEnabled": false,
  "extensions.update.enabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "privacy.reduceTimerPrecision": false,
  "services.settings.server": "",
  "termsofuse.bypassNotification": true,
  "toolkit.telemetry.enabled": false,
  "trailhead.firstrun.didSeeAboutWelcome": true,
};

/** Starts Debian's Firefox, or another installed one, on a new profile or on that of one that was killed. */
export function startFirefox(url: string, profile: string = newProfile()): Firefox {
  const lines = Object.entries(PREFERENCES).map(([key, value]) => `user_pref("${key}", ${JSON.stringify(value)});`);
  writeFileSync(join(profile, "user.js"), lines.join("\n"));

  // Started as the leader of a process group, so that its content processes are killed with it.
  const child = spawn(pathOf("firefox"), ["--headless", "--no-remote", "--profile", profile, url], {
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, HOME: profile },
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-5_000)));
  const exited = new Promise<void>((resolve) => {
    child.once("error", () => resolve());
    child.once("exit", () => resolve());
  });
  const kill = (): void => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
      process.kill(-child.pid, "SIGKILL");
  };
  process.once("exit", kill);
  const ended = exited.then((): never => {
    throw new Error(`Firefox ended by itself:\n${said}`);
  });
  // Closing it on purpose is not an error.
  ended.catch(() => undefined);

  const end = async (): Promise<void> => {
    kill();
    await exited;
    process.off("exit", kill);
  };

  return {
    ended,
    kill: end,
    async close() {
      await end();
      rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
    },
  };
}

export function newProfile(): string {
  return mkdtempSync(join(tmpdir(), "rivulet-firefox-"));
}
