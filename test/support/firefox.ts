import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathOf } from "./installed-browsers.ts";
import { showBrowser, type ShownBrowser } from "./shown-browser.ts";

/** Settings that turn off everything but the page: welcome screens, updates, network access. */
const PREFERENCES: Readonly<Record<string, string | number | boolean>> = {
  "app.update.enabled": false,
  "app.normandy.enabled": false,
  "browser.aboutwelcome.enabled": false,
  // Otherwise it loads often visited pages again, hidden and with their own storage, for thumbnails.
  "browser.pagethumbnails.capturing_disabled": true,
  "browser.sessionstore.resume_from_crash": false,
  "browser.shell.checkDefaultBrowser": false,
  "browser.startup.page": 0,
  "datareporting.policy.dataSubmissionEnabled": false,
  "extensions.update.enabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "privacy.reduceTimerPrecision": false,
  "services.settings.server": "",
  "termsofuse.bypassNotification": true,
  // Otherwise one that was killed thrice starts with a question, and one that was killed once opens its pages again.
  "toolkit.startup.max_resumed_crashes": -1,
  "toolkit.telemetry.enabled": false,
  "trailhead.firstrun.didSeeAboutWelcome": true,
};

/** Starts Debian's Firefox, or another installed one, on a new profile or on that of one that was killed. */
export function startFirefox(url: string, profile: string = newProfile()): ShownBrowser {
  const lines = Object.entries(PREFERENCES).map(([key, value]) => `user_pref("${key}", ${JSON.stringify(value)});`);
  writeFileSync(join(profile, "user.js"), lines.join("\n"));
  const args = ["--headless", "--no-remote", "--profile", profile, url];
  return showBrowser("Firefox", { program: pathOf("firefox"), args, profile });
}

export function newProfile(): string {
  return mkdtempSync(join(tmpdir(), "rivulet-firefox-"));
}
