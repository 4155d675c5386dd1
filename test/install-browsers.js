/**
 * Installs what the tests need beside npm's packages, where that can be done: as root, with apt-get. Elsewhere it looks for
 * what is there. It says what it did and what is missing, and never fails: the tests do, or are left out.
 */
import { spawnSync } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";

const LOG = ".build/install.log";

/** What is needed, by any of its programs' names, from which Debian package, and what for. */
const NEEDED = [
  {
    programs: ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
    debian: "chromium",
    without: "the tests in Chromium",
  },
  { programs: ["firefox-esr", "firefox"], debian: "firefox-esr", without: "the tests in Firefox" },
  {
    // Debian keeps it off the path, by version.
    programs: ["postgres", "/usr/lib/postgresql/*/bin/postgres"],
    debian: "postgresql",
    without: "the tests with PostgreSQL",
  },
  { programs: ["strace"], debian: "strace", without: "counting flushes by system calls (commits are counted instead)" },
];

const has = (program) => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;
const missing = () => NEEDED.filter(({ programs }) => !programs.some(has));

function install(packages) {
  mkdirSync(".build", { recursive: true });
  const log = openSync(LOG, "w");
  const aptGet = (...args) =>
    spawnSync("apt-get", args, {
      stdio: ["ignore", log, log],
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    }).status === 0;
  // Old lists may still do where the update fails.
  if (!aptGet("update", "-q")) console.log(`apt-get update failed: see ${LOG}`);
  const done = aptGet("install", "-q", "-y", "--no-install-recommends", ...packages);
  closeSync(log);
  console.log(done ? `installed ${packages.join(", ")}` : `apt-get install ${packages.join(" ")} FAILED: see ${LOG}`);
}

const lacking = missing().map(({ debian }) => debian);
if (lacking.length > 0 && process.getuid?.() === 0 && has("apt-get")) install(lacking);
for (const { programs, without } of missing()) {
  console.log(`MISSING: ${programs.join(" or ")} on PATH; not possible here: ${without}`);
}
if (missing().length === 0) console.log("everything the tests need is there");
