/**
 * Runs everything that says whether rivulet works, and ends with one line: "N passed, N failed".
 * `node test/run.js check` stops after the static checks. Where a browser or PostgreSQL is missing and cannot be installed, its tests
 * are counted as not run, or, with CI set, fail.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { relative } from "node:path";

const REPORT = ".build/vitest.json";

let passed = 0;
let failed = 0;

function run(name, command, ...args) {
  console.log(`\n> ${name}`);
  const started = Date.now();
  const { status } = spawnSync(command, args, {
    stdio: "inherit",
    env: { ...process.env, npm_config_loglevel: "error" },
  });
  console.log(`${status === 0 ? "ok" : "FAILED"}: ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  return status === 0;
}

function check(name, command, ...args) {
  if (run(name, command, ...args)) passed += 1;
  else failed += 1;
}

function vitest() {
  rmSync(REPORT, { force: true });
  const ok = run(
    "tests",
    "npx",
    "vitest",
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${REPORT}`,
  );
  // Where the runner itself broke down there is no report, and that is a failure like others.
  if (!existsSync(REPORT)) {
    failed += 1;
    return undefined;
  }
  // Its problems are tests that failed, which are counted below, and cases that are left out without a reason.
  check("where it is tested", "node", ".build/test/matrix/index.js", "--report", REPORT);
  const report = JSON.parse(readFileSync(REPORT, "utf8"));
  passed += report.numPassedTests;
  const leftOut = report.numPendingTests + report.numTodoTests;
  const counts = process.env.CI === undefined ? report.numFailedTests : report.numFailedTests + leftOut;
  // A file that fails to load has no test to count.
  failed += Math.max(counts, ok ? 0 : 1);
  return report;
}

/** Says at the end what failed, a few lines each: of a long log often only the end is kept. */
function listFailures({ testResults }) {
  const lines = testResults.flatMap(({ name, message, assertionResults }) => {
    const file = relative(process.cwd(), name);
    const tests = assertionResults.filter(({ status }) => status === "failed");
    if (tests.length === 0) return message ? [`${file}: ${message.slice(0, 300)}`] : [];
    return tests.map(
      (one) => `${file} > ${one.fullName}: ${withoutRunner(one.failureMessages.join("\n")).slice(0, 600)}`,
    );
  });
  if (lines.length > 0) console.log(`\n> what failed\n${lines.slice(0, 20).join("\n")}`);
}

/** Names the tests that were not run: with CI set they are failures. */
function listNotRun({ testResults }) {
  const tests = testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status }) => status !== "passed" && status !== "failed")
      .map(({ fullName }) => `${relative(process.cwd(), name)} > ${fullName}`),
  );
  if (tests.length === 0) return;
  console.log(`\n> ${tests.length} tests were NOT RUN: what they need is missing, see above`);
  console.log(tests.slice(0, 20).join("\n"));
}

const withoutRunner = (message) => message.replace(/\n +at [^\n]*node_modules[^\n]*/g, "");

let report;
rmSync("dist", { recursive: true, force: true });
rmSync(".build", { recursive: true, force: true });
check("build, types", "npm", "run", "--silent", "build");
check("format", "npx", "oxfmt", "--check", ".");
check("structure", "node", "test/check-rooms.js");
check("lint", "npx", "oxlint", "--type-aware", "--deny-warnings");
check("unused", "npx", "knip");
if (process.argv[2] !== "check") {
  run("what the tests need", "node", "test/install-browsers.js");
  report = vitest();
}
if (report !== undefined) {
  listFailures(report);
  listNotRun(report);
}

console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
