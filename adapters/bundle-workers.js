/**
 * Makes each adapter's `worker.js` out of its compiled `run-worker.js`, and the same of `process.js` and of the inspector's `page.js`: one file with everything in it, so that a bundler, a server or a
 * `cp` has one file to know. SQLite's WebAssembly is laid beside that of browsers. Runs after `tsc -b`.
 */
import { copyFileSync, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "vite";

const DIST = fileURLToPath(new URL("../dist/adapters/", import.meta.url));
const SQLITE = join(dirname(createRequire(import.meta.url).resolve("@sqlite.org/sqlite-wasm/package.json")), "dist");

/** What SQLite's loader says about files, and what is to stand there: of all its files only one is needed. */
const LOADED_FILES = [
  // Stands in a function, so that nothing is asked of the address of a worker that was made from a copy.
  ['new URL("sqlite3.wasm", import.meta.url)', "RIVULET_WASM"],
  // A file system that stays off, and an interface that nobody calls, each of which has a thread.
  ['new URL("sqlite3-opfs-async-proxy.js", import.meta.url)', "undefined"],
  ["new Worker(url.toString())", "undefined"],
  ['new Worker(new URL("sqlite3-worker1.mjs", import.meta.url), { type: "module" })', "undefined"],
  // Bundlers would write the path of the machine that they run on into its place.
  ["_scriptName = import.meta.url", '_scriptName = ""'],
];

/** The literal that bundlers look for, put in last: Vite would act on it here. */
const WASM = 'new URL("./sqlite3.wasm", import.meta.url)';

/** By this name vitest calls it before any test. */
export async function setup() {
  for (const engine of ["better-sqlite3", "node-sqlite"]) {
    for (const name of ["worker", "process", "log-checkpoints"]) {
      write(join(DIST, `${engine}/${name}.js`), await bundle(`${engine}/run-${name}.js`, { ssr: true }));
    }
  }
  write(join(DIST, "inspector/page.js"), await bundle("inspector/run-page.js", {}));
  const worker = await bundle("sqlite-wasm/run-worker.js", {});
  write(join(DIST, "sqlite-wasm/worker.js"), checked(worker.replaceAll("RIVULET_WASM", WASM)));
  copyFileSync(join(SQLITE, "sqlite3.wasm"), join(DIST, "sqlite-wasm/sqlite3.wasm"));
}

async function bundle(entry, options) {
  const { output } = await build({
    root: DIST,
    configFile: false,
    logLevel: "error",
    plugins: [{ name: "loaded-files", enforce: "pre", transform: (code, id) => withLoadedFiles(code, id) }],
    build: {
      ...options,
      write: false,
      minify: false,
      target: "es2022",
      modulePreload: false,
      rolldownOptions: {
        input: join(DIST, entry),
        output: { format: "es", comments: { legal: true, jsdoc: false } },
      },
    },
  });
  if (output.length !== 1) throw new Error(`what ${entry} needs is not one file`);
  return output[0].code;
}

function withLoadedFiles(code, id) {
  if (!id.startsWith(SQLITE)) return undefined;
  return LOADED_FILES.reduce((changed, [what, by]) => {
    if (!changed.includes(what)) throw new Error(`SQLite's loader has no ${what} any more`);
    return changed.replace(what, by);
  }, code);
}

/** Other files that it asked for would be missing wherever it is taken. */
function checked(code) {
  const left = code.replace(WASM, "").match(/.*(import\.meta|new Worker\(|\bimport\s*\(|^import\b).*/m);
  if (left !== null) throw new Error(`the browser's worker still names another file: ${left[0].trim()}`);
  return code;
}

/** Whole or not at all: somebody may be reading it. Untouched where nothing has changed, so that who watches it is not woken. */
function write(path, text) {
  if (existsSync(path) && readFileSync(path, "utf8") === text) return;
  writeFileSync(`${path}.${process.pid}`, text);
  renameSync(`${path}.${process.pid}`, path);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await setup();
