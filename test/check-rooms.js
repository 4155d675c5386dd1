/**
 * Holds the structure of the code against its rules: the folders of `src` import each other in the order in which CONTRIBUTING lists
 * them; every file is listed there, and what is named there exists;
 * `src` imports nothing outside itself; an adapter imports `src` through its entry points, and no other adapter than those of `SHARED` (the folders of `BUILT_ON_OTHERS` may);
 * no test begins something asynchronous whose failure nobody handles; no file is longer than one idea takes, no engine than a driver and its entry points, and no file of a framework's binding than 70 lines of code. Prints what breaks a rule, and exits with 1 then.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, posix, relative } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const MOST_LINES = 250;
/** A conformance case is a paragraph, and those about one thing stand together. */
const MOST_LINES_OF_CASES = 400;
/** Of an engine: a folder of adapters with a driver.ts, all of its files together, beside what is shared. */
const MOST_LINES_OF_AN_ENGINE = 120;
/** Of a file of a framework's binding, without comments and empty lines. */
const MOST_CODE_OF_A_BINDING = 70;
/** Folders of adapters without a driver of their own: entry points over the engines. */
const BUILT_ON_OTHERS = new Set(["command-line", "durable-objects", "node-engines"]);
/** Folders of adapters that others share: what engines of Node have in common, and what bindings of frameworks have. */
const SHARED = new Set(["bindings", "node"]);
/** The sections of CONTRIBUTING that list the files of one folder. */
const SECTIONS = { src: "src/", adapters: "adapters/", demo: "demo/", Tests: "test/" };
/** A line of these lists: one name, or several, and what they are after two spaces or on the next line. */
const LISTED = /^( {4,10})([\w.-]+(?:\/|\.\w+)(?:, [\w.-]+\.\w+)*)(?: {2,}|$)/;
/** A file with its extension; in backticks also a file without it, or a folder. */
const NAMED = /(?<![\w./*<>@-])([\w-]+(?:\/[\w-]+)*(?:\.\w+)*\.(?:tsx?|js|md))\b|`([\w-]+(?:\/[\w-]+)+)\/?`/g;
/** Names of the package and of what is built. */
const OUTSIDE = /^(?:rivulet|dist)\/|^worker\.js$/;
const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*"(\.{1,2}\/[^"]+)"/g;

/** Every source file with what it imports, as paths from the root. */
const files = ["src", "adapters"].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => /\.tsx?$/.test(file))
    .map((file) => readSource(posix.join(folder, file.replaceAll("\\", "/")))),
);

const guide = readFileSync(join(ROOT, "CONTRIBUTING.md"), "utf8");
const listed = readLists();
const tree = readTree();

const problems = [
  ...tooLong(),
  ...largeEngines(),
  ...largeBindings(),
  ...strays(),
  ...disorder(),
  ...unlisted(),
  ...missing(),
  ...unheeded(),
];
for (const problem of problems) console.log(problem);
console.log(`${files.length} files, ${new Set(listed).size} files and folders in the lists of CONTRIBUTING`);
process.exitCode = problems.length === 0 ? 0 : 1;

function readSource(path) {
  const text = readFileSync(join(ROOT, path), "utf8");
  const imports = [...text.matchAll(IMPORT)].map(([, to]) => posix.join(posix.dirname(path), to));
  return { path, imports, text, lines: text.split("\n").length - 1 };
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
    }))
    .filter(({ lines }) => lines > MOST_LINES_OF_AN_ENGINE)
    .map(
      ({ folder, lines }) =>
        `${folder} has ${lines} lines, more than ${MOST_LINES_OF_AN_ENGINE}: move what is shared out`,
    );
}

/** The bindings are the folders with files that import `adapters/bindings`. */
function largeBindings() {
  const isShared = (path) => posix.dirname(path) === "adapters/bindings";
  const bindings = new Set(
    files.filter(({ imports }) => imports.some(isShared)).map(({ path }) => posix.dirname(path)),
  );
  bindings.delete("adapters/bindings");
  return files
    .filter(({ path }) => bindings.has(posix.dirname(path)))
    .map(({ path, text }) => ({ path, lines: countCode(text) }))
    .filter(({ lines }) => lines > MOST_CODE_OF_A_BINDING)
    .map(
      ({ path, lines }) =>
        `${path} has ${lines} lines of code, more than ${MOST_CODE_OF_A_BINDING}: move what bindings have in common to adapters/bindings`,
    );
}

function countCode(text) {
  const lines = text.replaceAll(/\/\*[^]*?\*\//g, "").split("\n");
  return lines.filter((line) => !/^\s*(?:\/\/|$)/.test(line)).length;
}

function strays() {
  return files.flatMap(({ path, imports }) =>
    imports.filter((to) => !mayImport(path, to)).map((to) => `${path} may not import ${to}`),
  );
}

function mayImport(from, to) {
  if (from.startsWith("src/")) return to.startsWith("src/");
  if (to.startsWith("src/")) return /^src\/(?:index|adapter|[a-z-]+\/index|sync\/hub\/index)\.ts$/.test(to);
  const [, own] = from.split("/");
  const [, other] = to.split("/");
  return own === other || SHARED.has(other) || BUILT_ON_OTHERS.has(own);
}

/** A folder at the first level of `src`, or a file there. */
function roomOf(path) {
  return path.split("/").slice(0, 2).join("/");
}

/** Imports against the order in which CONTRIBUTING lists the folders of `src` and the files beside them; so there is no circle. */
function disorder() {
  const order = [...new Set(listed.filter((path) => path.startsWith("src/")).map(roomOf))];
  return files.flatMap(({ path, imports }) =>
    imports
      .filter((to) => to.startsWith("src/") && roomOf(to) !== roomOf(path))
      .filter((to) => path.startsWith("src/") && order.indexOf(roomOf(to)) > order.indexOf(roomOf(path)))
      .map((to) => `${path} imports ${to}, which is below it in CONTRIBUTING`),
  );
}

/**
 * The paths that the lists of CONTRIBUTING name: an indented line begins with one name or several, and a folder's files are indented
 * further. A section is headed by the folder whose files it lists.
 */
function readLists() {
  const paths = [];
  let folders = [""];
  for (const line of guide.split("\n")) {
    const [, title] = /^#+ (.+)/.exec(line) ?? [];
    if (title !== undefined) folders = [SECTIONS[title] ?? ""];
    const [, indent, names] = LISTED.exec(line) ?? [];
    if (names === undefined) continue;
    const depth = indent.length / 2 - 2;
    for (const name of names.split(", ")) {
      const path = folders[depth] + name;
      paths.push(path);
      if (name.endsWith("/")) folders = [...folders.slice(0, depth + 1), path];
    }
  }
  return paths;
}

/** The files of `src` and `adapters` that no list names. Conformance cases are named by their folder. */
function unlisted() {
  const named = new Set(listed);
  return [...tree]
    .filter((path) => /^(?:src|adapters)\/.*\.[jt]sx?$/.test(path))
    .filter((path) => !named.has(path.startsWith("src/testing/cases/") ? `${posix.dirname(path)}/` : path))
    .map((path) => `${path} is in no list of CONTRIBUTING: say there what it decides or does`);
}

/** What CONTRIBUTING names and does not exist, in its lists and in its sentences. */
function missing() {
  const ends = new Set([...tree].flatMap((path) => endsOf(path)));
  const inLists = listed.filter((path) => !tree.has(path));
  const inText = [...guide.matchAll(NAMED)].map(([, name, called]) => name ?? called);
  return [...inLists, ...inText.filter((name) => !OUTSIDE.test(name) && !ends.has(name.replace(/\.js$/, ".ts")))].map(
    (name) => `CONTRIBUTING names ${name}, which does not exist`,
  );
}

/**
 * Functions of a test, or of what tests share, that begin something asynchronous by `=> void work()`. The linter, which refuses the same as a statement, does
 * not look there.
 */
function unheeded() {
  return [...tree]
    .filter((path) => /^test\/(?!bench|types|browser\/pages|package\/browser-app).*\.ts$/.test(path))
    .flatMap((path) => {
      const text = readFileSync(join(ROOT, path), "utf8");
      const begun = [...text.matchAll(/=>\s*void (\w+)\(/g)].map(([, name]) => name);
      const isAsync = (name) => new RegExp(`async function ${name}\\b|(?:const|let) ${name} = async\\b`).test(text);
      return begun.filter(isAsync).map((name) => `${path} begins ${name}() by void: unawaited() handles its failure`);
    });
}

/** A path, and what is left of it without folders at its beginning; each also without the extension of code. */
function endsOf(path) {
  const parts = path.replace(/\/$/, "").replace(/\.js$/, ".ts").split("/");
  const ends = parts.map((_, index) => parts.slice(index).join("/"));
  return [...ends, ...ends.map((end) => end.replace(/\.tsx?$/, ""))];
}

/** Every file and folder that is not installed or built; folders end with a slash. */
function readTree() {
  return new Set(
    ["src", "adapters", "demo", "docs", "test", "."].flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: folder !== ".", withFileTypes: true }).map((entry) => {
        const path = relative(ROOT, join(entry.parentPath, entry.name)).replaceAll("\\", "/");
        return entry.isDirectory() ? `${path}/` : path;
      }),
    ),
  );
}
