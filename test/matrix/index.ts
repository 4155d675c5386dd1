/**
 * Prints the table in docs/tested.md of the runtimes in which rivulet is tested, from a report of vitest. `--report <file>`: one that
 * is there; otherwise the tests that are counted run first. `--write`: also puts the table there. Exits with 1 if
 * a test failed, or if cases are left out without a reason.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { conformanceCases } from "rivulet/testing";
import { MATRIX, type MatrixMark, type MatrixName, type Versions } from "../support/matrix.ts";
import { ROOT } from "../support/run-node.ts";

/** The files whose tests are counted, by the beginnings of their names. */
const FILES = [
  "test/conformance/better-sqlite3-on-a-file.test",
  "test/conformance/better-sqlite3-13",
  "test/conformance/node-sqlite-on-a-file.test",
  "test/conformance/node-sqlite-in-node-22",
  "test/conformance/bun-on-a-file.test",
  "test/conformance/deno-on-a-file",
  "test/conformance/durable-objects",
  "test/browser/conformance",
  "test/browser/crash",
  "test/browser/webkit",
  "test/properties/statements-and-values",
  "test/node/crash",
  "test/node/durable-objects",
];

const HEADER = "runtime,version,engine,SQLite,conformance cases,queries compared,crash tests,left out".split(",");

interface Result {
  readonly title: string;
  readonly status: string;
  readonly meta?: { readonly matrix?: MatrixMark };
}

/** A test that is counted. */
interface Counted extends MatrixMark {
  readonly title: string;
  readonly passed: boolean;
}

const given = process.argv.indexOf("--report");
const counted = readReport(given === -1 ? runTests() : (process.argv[given + 1] as string));
const cases = namesOfCases();
const problems = counted.filter(({ passed }) => !passed).map(({ row, title }) => `${row} FAILED: ${title}`);
const rows = (Object.keys(MATRIX) as MatrixName[]).map(rowOf);
const table = [HEADER, HEADER.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
console.log(table.join("\n"));
for (const problem of problems) console.log(problem);
if (process.argv.includes("--write")) writeInto(join(ROOT, "docs/tested.md"));
process.exitCode = problems.length === 0 ? 0 : 1;

function runTests(): string {
  const report = join(ROOT, ".build/matrix.json");
  const reporters = ["--reporter=dot", "--reporter=json", `--outputFile.json=${report}`];
  spawnSync("npx", ["vitest", "run", ...FILES, ...reporters], { cwd: ROOT, stdio: "inherit" });
  return report;
}

function readReport(path: string): readonly Counted[] {
  const { testResults } = JSON.parse(readFileSync(path, "utf8")) as {
    readonly testResults: readonly { readonly assertionResults: readonly Result[] }[];
  };
  return testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .flatMap(({ title, status, meta }) =>
      meta?.matrix === undefined ? [] : [Object.assign({ title, passed: status === "passed" }, meta.matrix)],
    );
}

function namesOfCases(): ReadonlySet<string> {
  const never = (): Promise<never> => Promise.reject(new Error("only the names are wanted"));
  const all = conformanceCases({ open: never, reopen: never, alongside: never, sql: true, limits: true });
  return new Set(all.map(({ name }) => name));
}

function rowOf(name: MatrixName): readonly string[] {
  const { runtime, engine, leftOut } = MATRIX[name];
  const own = counted.filter(({ row }) => row === name);
  if (own.length === 0) return [runtime, "", engine, "", "not run", "", "", leftOut];
  const { versions = UNKNOWN, queries = 0 } = own.find((one) => one.versions !== undefined) ?? {};
  const run = own.filter(({ kind }) => kind === "conformance");
  // A case counts once, however many kinds of stores it was run over.
  const failed = new Set(run.filter(({ passed }) => !passed).map(({ title }) => title));
  const names = new Set(run.map(({ title }) => title));
  const missing = [...cases].filter((one) => !names.has(one)).length;
  if (missing > 0 !== (leftOut !== ""))
    problems.push(`${name}: ${missing} cases are left out, and the reason is "${leftOut}"`);
  const crashes = own.filter(({ kind }) => kind === "crashes");
  return [
    runtime,
    versions.runtime,
    [engine, versions.engine].filter(Boolean).join(" "),
    versions.sqlite,
    `${names.size - failed.size} of ${names.size} passed`,
    `${queries}`,
    crashes.length === 0 ? "none" : `${crashes.filter(({ passed }) => passed).length} of ${crashes.length} passed`,
    missing === 0 ? "" : `${missing} cases: ${leftOut}`,
  ];
}

const UNKNOWN: Versions = { runtime: "", sqlite: "" };

/** Puts the table in the place of the one that has its header. */
function writeInto(path: string): void {
  const lines = readFileSync(path, "utf8").split("\n");
  const isHeader = (line: string): boolean => /^\| runtime +\| version/.test(line);
  const start = lines.findIndex(isHeader);
  const length = lines.slice(start).findIndex((line) => !line.startsWith("|"));
  writeFileSync(path, [...lines.slice(0, start), ...table, ...lines.slice(start + length)].join("\n"));
}
