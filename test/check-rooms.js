/**
 * Holds the structure of the code against its rules: the folders of `src` import each other in one direction, without a circle;
 * `src` imports nothing outside itself; an adapter imports `src` through its entry points, and no other adapter than `node` (the command line and `node-engines` are built on some);
 * no file is longer than one idea takes, and no engine than a driver and its entry points. Prints what breaks a rule, and exits with 1 then.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const MOST_LINES = 250;
/** A conformance case is a paragraph, and those about one thing stand together. */
const MOST_LINES_OF_CASES = 400;
/** Of an engine: a folder of adapters with a driver.ts, all of its files together, beside what is shared. */
const MOST_LINES_OF_AN_ENGINE = 120;
/**
 * A platform of its own: five documented functions (the store in the object; RPC and WebSockets, each with two ends), the platform's
 * types, its hibernation, and a SQLite that has no BEGIN and no pragmas.
 */
const MOST_LINES_OF_DURABLE_OBJECTS = 349;
const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*"(\.{1,2}\/[^"]+)"/g;

/** Every source file with what it imports, as paths from the root. */
const files = ["src", "adapters"].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => /\.tsx?$/.test(file))
    .map((file) => readSource(posix.join(folder, file.replaceAll("\\", "/")))),
);

const problems = [...tooLong(), ...largeEngines(), ...strays(), ...circles()];
for (const problem of problems) console.log(problem);
console.log(`${files.length} files, ${folders().size} folders and files at the first level of src`);
process.exitCode = problems.length === 0 ? 0 : 1;

function readSource(path) {
  const text = readFileSync(join(ROOT, path), "utf8");
  const imports = [...text.matchAll(IMPORT)].map(([, to]) => posix.join(posix.dirname(path), to));
  return { path, imports, lines: text.split("\n").length - 1 };
}

function tooLong() {
  return files
    .map((file) => ({ ...file, most: file.path.startsWith("src/testing/cases/") ? MOST_LINES_OF_CASES : MOST_LINES }))
    .filter(({ lines, most }) => lines > most)
    .map(({ path, lines, most }) => `${path} has ${lines} lines, more than ${most}: move a part of it out`);
}

function largeEngines() {
  return files
    .filter(({ path }) => /^adapters\/[^/]+\/driver\.ts$/.test(path))
    .map(({ path }) => posix.dirname(path))
    .map((folder) => ({
      folder,
      lines: files.reduce((sum, { path, lines }) => (posix.dirname(path) === folder ? sum + lines : sum), 0),
      most: folder === "adapters/durable-objects" ? MOST_LINES_OF_DURABLE_OBJECTS : MOST_LINES_OF_AN_ENGINE,
    }))
    .filter(({ lines, most }) => lines > most)
    .map(({ folder, lines, most }) => `${folder} has ${lines} lines, more than ${most}: move what is shared out`);
}

function strays() {
  return files.flatMap(({ path, imports }) =>
    imports.filter((to) => !mayImport(path, to)).map((to) => `${path} may not import ${to}`),
  );
}

function mayImport(from, to) {
  if (from.startsWith("src/")) return to.startsWith("src/");
  if (to.startsWith("src/")) return /^src\/(?:index|adapter|[a-z-]+\/index)\.ts$/.test(to);
  const [, own] = from.split("/");
  const [, other] = to.split("/");
  return own === other || other === "node" || own === "command-line" || own === "node-engines";
}

/** A folder at the first level of `src`, or a file there. */
function folderOf(path) {
  return path.split("/").slice(0, 2).join("/");
}

function folders() {
  const found = new Map();
  for (const { path, imports } of files.filter((file) => file.path.startsWith("src/"))) {
    const own = found.get(folderOf(path)) ?? new Map();
    found.set(folderOf(path), own);
    for (const to of imports) if (folderOf(to) !== folderOf(path)) own.set(folderOf(to), `${path} imports ${to}`);
  }
  return found;
}

/** One line for each circle, with the imports that close it. */
function circles() {
  const imports = folders();
  const done = new Set();
  const found = [];
  const visit = (folder, way) => {
    const start = way.indexOf(folder);
    if (start >= 0) {
      const round = [...way.slice(start), folder];
      const why = round.slice(1).map((to, index) => imports.get(round[index])?.get(to));
      found.push(`a circle: ${round.join(" -> ")}\n  ${why.join("\n  ")}`);
      return;
    }
    if (done.has(folder)) return;
    for (const to of imports.get(folder)?.keys() ?? []) visit(to, [...way, folder]);
    done.add(folder);
  };
  for (const folder of imports.keys()) visit(folder, []);
  return found;
}
