import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { build, type Rollup } from "vite";
import { startProcess } from "../support/child.ts";
import { temporaryFolder } from "../support/temporary.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const CORE = join(ROOT, "dist/src");

/**
 * The largest size of the core, in bytes gzipped. A page also needs an adapter; `memory()`, which this entry point
 * exports too, does not count.
 */
const LARGEST_CORE = 9_000;

/** The same with the browser adapter's code for the tab; its worker and SQLite are separate files. */
const LARGEST_IN_TAB = 15_000;

/**
 * What `rivulet/sync` adds to a tab, in bytes gzipped, as Vite builds it: in a file that every tab loads at its start, and in parts that
 * are loaded when they are needed. Vite adds 700 bytes to a build that has no `import()` of its own, which are not counted.
 */
const LARGEST_OF_SYNC = {
  /** What every tab loads. */
  start: 6_000,
  /** The tab that speaks with the hub, and shows and changes something. */
  speaking: 20_150,
  /** With queries of read models. */
  everything: 22_850,
};

/** What `rivulet/inspector` loads when it is opened, in bytes gzipped. */
const LARGEST_INSPECTOR = 26_000;

/** Lines of JavaScript of a framework's binding, without comments and empty lines; `adapters/bindings`, which all share, does not count. */
const MOST_OF_A_BINDING = 70;

/** A comment that has its lines to itself. */
const COMMENT = /^ *(?:\/\/.*|\/\*[^]*?\*\/)$/gm;

const TAB = `
  export { openEventStore } from "${join(CORE, "index.js")}";
  export { sqliteWasm } from "${join(ROOT, "dist/adapters/sqlite-wasm/index.js")}";`;

test("the core imports nothing at run time, and is small", async () => {
  const entry = join(temporaryFolder(), "application.js");
  writeFileSync(
    entry,
    `export { openEventStore, isEventStoreError, EventStoreError, matches } from "${join(CORE, "index.js")}";`,
  );
  const { chunk, foreign } = await bundle(entry);
  const size = gzipSync(chunk.code, { level: 9 }).length;

  console.log(`the core, minified and compressed: ${size} bytes`);
  expect(foreign).toEqual([]);
  expect([...chunk.imports, ...chunk.dynamicImports]).toEqual([]);
  expect(chunk.code).not.toMatch(/\bimport\b|\brequire\b|better-sqlite3/);
  expect(size).toBeGreaterThan(1000);
  expect(size).toBeLessThanOrEqual(LARGEST_CORE);
});

test("the core with the browser adapter's code for the tab is small, and does not contain SQLite", async () => {
  const { chunk, foreign } = await bundle(consumerOf(TAB));
  const size = gzipSync(chunk.code, { level: 9 }).length;

  console.log(`the core and the adapter's share of the tab, minified and compressed: ${size} bytes`);
  expect(foreign).toEqual([]);
  expect([...chunk.imports, ...chunk.dynamicImports]).toEqual([]);
  expect(size).toBeGreaterThan(1000);
  expect(size).toBeLessThanOrEqual(LARGEST_IN_TAB);
});

test("what a replica adds to a tab is limited, is loaded in parts, and imports nothing at run time", async () => {
  const route = `() => import(${JSON.stringify(consumerOf("export const route = 1;"))})`;
  const tab = (code: string, names: string): string =>
    consumerOf(
      `${TAB.replaceAll("export", "import")} ${code} globalThis.application = [openEventStore, sqliteWasm, ${names}];`,
    );
  const without = await bundleAll(tab("", route));
  const { chunks, foreign } = await bundleAll(
    tab(`import { follow } from "${join(CORE, "sync/index.js")}";`, `follow, ${route}`),
  );
  const before = sizeOf(without.chunks.filter(({ isEntry }) => isEntry));
  const started = chunks.filter(({ isEntry }) => isEntry);
  const [speaking, verbs, queries] = ["createSpeaker", "queueCommand", "createRows"].map((name) =>
    chunks.filter((chunk) => chunk.exports.includes(name)),
  ) as [Rollup.OutputChunk[], Rollup.OutputChunk[], Rollup.OutputChunk[]];
  const added = {
    start: sizeOf(started) - before,
    speaking: sizeOf([...started, ...speaking, ...verbs]) - before,
    everything: sizeOf([...started, ...speaking, ...verbs, ...queries]) - before,
  };

  console.log(`what a replica adds to the tab, minified and compressed: ${JSON.stringify(added)}`);
  expect(new Set(foreign)).toEqual(new Set(without.foreign));
  // A part imports nothing that would have to be loaded beside it.
  const [entry] = started.map(({ fileName }) => fileName);
  expect([speaking, verbs, queries].map((part) => part.map(({ imports }) => imports))).toEqual([
    [[entry]],
    [[entry]],
    [[entry]],
  ]);
  expect(chunks).toHaveLength(without.chunks.length + 3);
  expect(added.start).toBeGreaterThan(1000);
  for (const [part, largest] of Object.entries(LARGEST_OF_SYNC))
    expect([part, added[part as keyof typeof added]]).toEqual([
      part,
      expect.toSatisfy((size: number) => size <= largest),
    ]);
});

test("the inspector is a chunk of its own, of limited size: an application pays for it when it opens it", async () => {
  const opening = `export const inspect = () => import("${join(ROOT, "dist/adapters/inspector/index.js")}");`;
  const without = await bundle(consumerOf(TAB));
  const { chunks, foreign } = await bundleAll(consumerOf(TAB + opening), "strict");
  const before = sizeOf([without.chunk]);
  const size = sizeOf(chunks.filter(({ isDynamicEntry }) => !isDynamicEntry));
  const inspector = sizeOf(chunks.filter(({ isDynamicEntry }) => isDynamicEntry));

  console.log(
    `the inspector, minified and compressed: ${inspector} bytes; before it is opened: ${size - before} bytes`,
  );
  expect(foreign.filter((id) => !id.startsWith("\0vite/"))).toEqual([]);
  // Vite's loader of chunks, and what a second chunk costs for the code that both use.
  expect(size - before).toBeLessThan(2_500);
  expect(inspector).toBeGreaterThan(5_000);
  expect(inspector).toBeLessThanOrEqual(LARGEST_INSPECTOR);
});

test("unused parts of the core are left out of a bundle", async () => {
  const { chunk } = await bundle(consumerOf(`export { isEventStoreError } from "${join(CORE, "index.js")}";`));

  expect(chunk.code.length).toBeLessThan(500);
});

test("no file of the core imports anything from outside it", () => {
  const files = readdirSync(CORE, { recursive: true, encoding: "utf8" }).filter((file) => /\.(js|d\.ts)$/.test(file));
  // `testing` may use a test library; it is not in the core's bundle.
  const own = files.filter((file) => !file.startsWith("testing/")).map((file) => join(CORE, file));

  const strays = own.flatMap((file) =>
    specifiersIn(readFileSync(file, "utf8"))
      .filter((specifier) => !specifier.startsWith(".") || leaves(CORE, resolve(dirname(file), specifier)))
      .map((specifier) => `${relative(ROOT, file)}: ${specifier}`),
  );

  expect(own.length).toBeGreaterThan(20);
  expect(strays).toEqual([]);
});

test.each([
  "rivulet",
  "rivulet/adapter",
  "rivulet/better-sqlite3",
  "rivulet/drizzle",
  "rivulet/durable-objects",
  "rivulet/node",
  "rivulet/node-sqlite",
  "rivulet/pglite",
  "rivulet/postgres",
  "rivulet/sqlite-wasm",
  "rivulet/consumers",
  "rivulet/copy",
  "rivulet/deciders",
  "rivulet/events",
  "rivulet/inspection",
  "rivulet/inspector",
  "rivulet/kysely",
  "rivulet/ndjson",
  "rivulet/opentelemetry",
  "rivulet/projections",
  "rivulet/react",
  "rivulet/read-models",
  "rivulet/solid",
  "rivulet/svelte",
  "rivulet/sync",
  "rivulet/sync/hub",
  "rivulet/time-travel",
  "rivulet/vue",
])("importing %s touches no global and starts nothing", async (door) => {
  // Vue itself adds globals.
  const before = door === "rivulet/vue" ? `await import("vue");` : "";
  const script = `${before}
      const keys = () => [globalThis, Symbol, Promise, Array.prototype, Object.prototype].map((o) => Reflect.ownKeys(o));
      const before = keys();
      const door = await import(${JSON.stringify(door)});
      console.log(JSON.stringify({
        exports: Object.keys(door).length > 0,
        globals: keys().every((list, index) => list.length === before[index].length),
      }));`;
  const child = startProcess(process.execPath, ["--input-type=module", "--eval", script], ROOT);

  const { code, lines, errors } = await child.ended;

  // Anything that was started would have kept the process alive.
  expect(code).toBe(0);
  expect(errors).toBe("");
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([{ exports: true, globals: true }]);
});

function consumerOf(code: string): string {
  const entry = join(temporaryFolder(), "consumer.js");
  writeFileSync(entry, code);
  return entry;
}

test.for(["vue", "svelte", "solid"])("the binding for %s adds little of its own", (framework) => {
  const folder = join(ROOT, "dist/adapters", framework);
  const files = readdirSync(folder).filter((name) => name.endsWith(".js"));
  const lines = files.flatMap((name) => readFileSync(join(folder, name), "utf8").replaceAll(COMMENT, "").split("\n"));

  expect(lines.filter((line) => line.trim() !== "").length).toBeLessThan(MOST_OF_A_BINDING);
});

/** Bundles for a browser into one file, minified. `foreign` are the imports of packages. */
async function bundle(entry: string): Promise<{ chunk: Rollup.OutputChunk; foreign: string[] }> {
  const { chunks, foreign } = await bundleAll(entry, "strict");
  // A worker and its files are assets.
  expect(chunks).toHaveLength(1);
  return { chunk: chunks[0] as Rollup.OutputChunk, foreign };
}

/** Bundles for a browser, minified; without `strict`, as applications are. The entry comes first. */
async function bundleAll(
  entry: string,
  signatures: "strict" | false = false,
): Promise<{ chunks: readonly Rollup.OutputChunk[]; foreign: string[] }> {
  const foreign: string[] = [];
  const output = await build({
    root: ROOT,
    configFile: false,
    logLevel: "error",
    plugins: [
      {
        name: "note-imports",
        enforce: "pre",
        resolveId(id, importer) {
          if (importer !== undefined && !id.startsWith(".") && !id.startsWith("/")) foreign.push(id);
          return null;
        },
      },
    ],
    build: {
      write: false,
      minify: true,
      target: "es2022",
      modulePreload: false,
      rolldownOptions: { input: entry, preserveEntrySignatures: signatures },
    },
  });
  const [first] = Array.isArray(output) ? output : [output];
  if (first === undefined || !("output" in first)) throw new Error("nothing was built");
  return { chunks: first.output.filter((one) => one.type === "chunk"), foreign };
}

/** The size of chunks in bytes, each gzipped. */
function sizeOf(chunks: readonly Rollup.OutputChunk[]): number {
  return chunks.reduce((sum, { code }) => sum + gzipSync(code, { level: 9 }).length, 0);
}

/** The specifiers that a module imports or re-exports, statically or dynamically. */
function specifiersIn(code: string): string[] {
  const withoutComments = code.replaceAll(/\/\*[^]*?\*\//g, "").replaceAll(/^\s*\/\/.*$/gm, "");
  return [...withoutComments.matchAll(/(?<!\.)(?:\bfrom|\bimport)\s*\(?\s*["']([^"']+)["']/g)].map(
    (match) => match[1] as string,
  );
}

function leaves(folder: string, file: string): boolean {
  return relative(folder, file).startsWith("..");
}
