import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { startBrowser } from "../support/browser.ts";
import { newProfile, startFirefox } from "../support/firefox.ts";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import { openSite, type Site } from "../support/site.ts";
import type { BlockedReport } from "./pages/blocked.ts";

/** For each fault, the result of opening without a fallback and with one. */
const EXPECTED: Readonly<Record<string, readonly [refused: string, fallenBack: string]>> = {
  none: ["opfs", "opfs"],
  "no locks": ["storage-unavailable old-browser", "memory"],
  "locks throw when looked at": ["storage-unavailable blocked", "memory"],
  "a lock throws": ["storage-unavailable blocked", "memory"],
  "a lock rejects": ["storage-unavailable blocked", "memory"],
  "no storage": ["storage-unavailable old-browser", "memory"],
  "storage throws when looked at": ["storage-unavailable blocked", "memory"],
  "no directory": ["storage-unavailable old-browser", "memory"],
  "the directory throws": ["storage-unavailable blocked", "memory"],
  "the directory rejects": ["storage-unavailable blocked", "memory"],
  // These interfaces only provide information, and are not needed.
  "the estimate throws": ["opfs", "opfs"],
  "the estimate rejects": ["opfs", "opfs"],
  "persisted rejects": ["opfs", "opfs"],
  "persist rejects": ["opfs", "opfs"],
  "no channels": ["storage-unavailable old-browser", "memory"],
  "a channel throws": ["storage-unavailable blocked", "memory"],
  // Without these there is no SQLite in memory either.
  "message channels throw": ["storage-unavailable blocked", "storage-unavailable blocked"],
  "no random identifiers": ["storage-unavailable blocked", "memory"],
  "no workers": ["storage-unavailable worker-not-loaded", "storage-unavailable worker-not-loaded"],
  "a worker throws": ["storage-unavailable worker-not-loaded", "storage-unavailable worker-not-loaded"],
  "a lock rejects in the worker": ["storage-unavailable blocked", "memory"],
  "a lock throws in the worker": ["storage-unavailable blocked", "memory"],
  "the directory throws in the worker": ["storage-unavailable blocked", "memory"],
  "the directory rejects in the worker": ["storage-unavailable blocked", "memory"],
  "a file is denied in the worker": ["storage-unavailable blocked", "memory"],
  "files are not supported in the worker": ["storage-unavailable no-sync-access", "memory"],
  "a channel throws in the worker": ["storage-unavailable blocked", "memory"],
  "the estimate rejects in the worker": ["opfs", "opfs"],
  "compiling is denied in the worker": ["storage-unavailable wasm-not-loaded", "storage-unavailable wasm-not-loaded"],
};

const REPORTS = Object.fromEntries(
  Object.entries(EXPECTED).map(([fault, [refused, fallenBack]]) => [fault, { refused, fallenBack, uncaught: [] }]),
);

/** The time limit for all faults together on a busy machine, in milliseconds. */
const LONGEST_REPORT = 300_000;

let site: Site;
beforeAll(async () => {
  site = await openSite({ pages: ["blocked"] });
  // A sandboxed frame has an opaque origin, so scripts must be readable by any origin.
  site.answer = (path) => (path.endsWith(".js") ? site.file(path, { "access-control-allow-origin": "*" }) : undefined);
});
afterAll(() => site?.close());

describe.skipIf(mayBeLeftOut("chromium"))("in Chromium", { timeout: LONGEST_REPORT }, () => {
  async function reportOf(query: string, profile?: string): Promise<unknown> {
    const browser = await startBrowser(profile === undefined ? {} : { profile });
    onTestFinished(() => browser.close());
    await browser.open(site.url("blocked") + query);
    return JSON.parse(await site.posted("/report"));
  }

  test("whatever the browser throws while a store is opened becomes an error with its reason, or a store in memory if allowed", async () => {
    expect(await reportOf("?all")).toEqual(REPORTS);
  });

  test("a sandboxed frame is refused as blocked, also a store in memory if it may start no worker", async () => {
    expect(await reportOf("?sandbox=allow-scripts")).toEqual(SANDBOXED);
  });

  test("a page with blocked cookies is refused as blocked, or keeps events in memory", async () => {
    expect(await reportOf("", profileWithoutCookies())).toEqual({
      refused: "storage-unavailable blocked",
      fallenBack: "memory",
      uncaught: [],
    });
  });
});

describe.skipIf(mayBeLeftOut("firefox"))("in Firefox", { timeout: LONGEST_REPORT }, () => {
  async function reportOf(query: string): Promise<unknown> {
    const firefox = startFirefox(site.url("blocked") + query);
    onTestFinished(() => firefox.close());
    return JSON.parse(await Promise.race([site.posted("/report"), firefox.ended]));
  }

  test("whatever the browser throws while a store is opened becomes an error with its reason, or a store in memory if allowed", async () => {
    expect(await reportOf("?all")).toEqual(REPORTS);
  });

  test("a sandboxed frame is refused as blocked, also a store in memory if it may start no worker", async () => {
    expect(await reportOf("?sandbox=allow-scripts")).toEqual(SANDBOXED);
  });
});

const SANDBOXED: BlockedReport = {
  refused: "storage-unavailable blocked",
  fallenBack: "storage-unavailable worker-not-loaded",
  uncaught: [],
};

/** A profile of Chromium whose user blocks all cookies and site data. */
function profileWithoutCookies(): string {
  const profile = newProfile();
  mkdirSync(join(profile, "Default"));
  const preferences = { profile: { default_content_setting_values: { cookies: 2 } } };
  writeFileSync(join(profile, "Default/Preferences"), JSON.stringify(preferences));
  return profile;
}
