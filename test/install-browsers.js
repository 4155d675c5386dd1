/**
 * Installs what the tests need beside npm's packages, where that can be done: as root, with apt-get; else Playwright's own
 * browsers, downloaded into its cache. It says what it did and what is missing, and never fails: the tests do, or are left out.
 * `node test/install-browsers.js debian` only does what apt-get can, and needs none of npm's packages.
 */
import { spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const debianAlone = process.argv[2] === "debian";
const { chromium, firefox } = debianAlone ? {} : await import("playwright-core");

const LOG = ".build/install.log";

/** Playwright asks several servers, several times each; where there is no network that takes too long, in milliseconds. */
const LONGEST_DOWNLOAD = 300_000;
const LONGEST_CONNECTING = 5_000;

/** What is needed, by any of its programs' names, from which Debian package or as which of Playwright's, and what for. */
const NEEDED = [
  {
    programs: ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
    debian: "chromium",
    playwright: { name: "chromium", path: () => chromium.executablePath() },
    without: "the tests in Chromium",
  },
  {
    programs: ["firefox-esr", "firefox"],
    debian: "firefox-esr",
    playwright: { name: "firefox", path: () => firefox.executablePath() },
    without: "the tests in Firefox",
  },
  {
    programs: ["/usr/lib/*/webkit2gtk-4.1/MiniBrowser", "MiniBrowser"],
    debian: "libwebkit2gtk-4.1-0",
    without: "the tests in WebKit",
  },
  { programs: ["Xvfb"], debian: "xvfb", without: "the tests in WebKit, which needs a display" },
  {
    // Debian keeps it off the path, by version.
    programs: ["postgres", "/usr/lib/postgresql/*/bin/postgres"],
    debian: "postgresql",
    without: "the tests with PostgreSQL",
  },
  {
    programs: ["pgbouncer", "/usr/sbin/pgbouncer"],
    debian: "pgbouncer",
    without: "the tests of PostgreSQL behind PgBouncer",
  },
  { programs: ["strace"], debian: "strace", without: "counting flushes by system calls (commits are counted instead)" },
];

const has = (program) => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;
const isDownloaded = ({ playwright }) => !debianAlone && playwright !== undefined && existsSync(playwright.path());
const missing = () => NEEDED.filter((needed) => !needed.programs.some(has) && !isDownloaded(needed));

mkdirSync(".build", { recursive: true });
const log = openSync(LOG, "w");
const run = (program, args, options) =>
  spawnSync(program, args, { stdio: ["ignore", log, log], ...options }).status === 0;

function installFromDebian(packages) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const aptGet = (...args) => run("apt-get", args, { env });
  const install = (...names) => aptGet("install", "-q", "-y", "--no-install-recommends", ...names);
  // Old lists may still do where the update fails.
  if (!aptGet("update", "-q")) console.log(`apt-get update failed: see ${LOG}`);
  if (install(...packages)) return console.log(`installed ${packages.join(", ")}`);
  // One by one: a distribution that lacks one of them still has the others.
  for (const name of packages) {
    console.log(install(name) ? `installed ${name}` : `apt-get install ${name} FAILED: see ${LOG}`);
  }
}

function download({ name, path }) {
  const command = join(dirname(createRequire(import.meta.url).resolve("playwright-core/package.json")), "cli.js");
  const env = { ...process.env, PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT: String(LONGEST_CONNECTING) };
  console.log(`downloading Playwright's ${name}`);
  if (
    !run(process.execPath, [command, "install", "--no-shell", "--no-remove", name], { env, timeout: LONGEST_DOWNLOAD })
  ) {
    console.log(`Playwright's ${name} could NOT be downloaded: see ${LOG}`);
  } else if (!run(path(), ["--version"])) {
    console.log(`Playwright's ${name} does NOT start: as root, "npx playwright-core install-deps ${name}" may help`);
  } else console.log(`downloaded ${path()}`);
}

if (missing().length > 0 && process.getuid?.() === 0 && has("apt-get")) {
  installFromDebian(missing().map(({ debian }) => debian));
}
if (debianAlone) process.exit();
for (const { playwright } of missing()) if (playwright !== undefined) download(playwright);
closeSync(log);
for (const { programs, without } of missing()) {
  console.log(`MISSING: ${programs.join(" or ")} on PATH; not possible here: ${without}`);
}
if (missing().length === 0) console.log("everything the tests need is there");
