import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { build, type Plugin, type Rolldown } from "vite";
import { IMPORTABLE } from "./examples.ts";
import type { Assets } from "./layout.ts";

/** Modules of the client that stand for others, so that the page sees which stores an example opens. */
const STAND_INS: ReadonlySet<string> = new Set([
  "react-dom/client",
  "rivulet",
  "rivulet/better-sqlite3",
  "rivulet/read-models",
  "rivulet/sqlite-wasm",
]);

/** Modules of CommonJS, whose exports a bundler does not name. */
const COMMON_JS: ReadonlySet<string> = new Set(["react", "react/jsx-runtime"]);

/** Bundles what runs in the pages, with a module for each import path of an example. */
export async function bundleClient(root: string, out: string): Promise<Assets> {
  const client = join(root, "demo/site/client");
  const modules = IMPORTABLE.map((path) => [
    nameOf(path),
    STAND_INS.has(path) ? join(client, "modules", `${nameOf(path)}.ts`) : COMMON_JS.has(path) ? NAMED + path : path,
  ]);
  const built = (await build({
    root: client,
    base: "./",
    configFile: false,
    logLevel: "error",
    plugins: [modulesOfNode(), namedExports()],
    worker: { format: "es" },
    build: {
      outDir: out,
      emptyOutDir: false,
      target: "es2022",
      modulePreload: { polyfill: false },
      chunkSizeWarningLimit: 2000,
      rolldownOptions: {
        input: {
          main: join(client, "main.ts"),
          styles: join(client, "styles/main.css"),
          ...Object.fromEntries(modules),
        },
        preserveEntrySignatures: "exports-only",
      },
    },
  })) as Rolldown.RolldownOutput;
  const fileOf = (name: string): string => {
    const chunk = built.output.find((file) => file.type === "chunk" && file.isEntry && file.name === name);
    if (chunk === undefined) throw new Error(`the bundle has no ${name}`);
    return `./${chunk.fileName}`;
  };
  return {
    script: fileOf("main"),
    styles: built.output.filter(({ fileName }) => fileName.endsWith(".css")).map(({ fileName }) => `./${fileName}`),
    imports: Object.fromEntries(IMPORTABLE.map((path) => [path, fileOf(nameOf(path))])),
  };
}

/** What Babel, which compiles Solid's JSX, needs little of: it has no paths in a page, and asks no table of browsers. */
const OF_NODE: Readonly<Record<string, string>> = {
  assert: `module.exports = (value) => { if (!value) throw new Error("an assertion failed"); };`,
  browserslist: `module.exports = {};`,
  path: `module.exports = { sep: "/", resolve: () => "/", basename: (path) => path, extname: () => "" };`,
};

function modulesOfNode(): Plugin {
  const prefix = "\0of-node:";
  return {
    name: "modules-of-node",
    enforce: "pre",
    resolveId: (id, importer) => (id in OF_NODE && importer?.includes("babel") ? prefix + id : undefined),
    load: (id) => (id.startsWith(prefix) ? OF_NODE[id.slice(prefix.length)] : undefined),
  };
}

const NAMED = "named-exports:";

/** Makes a module with named exports of one of CommonJS: the names that it has in Node. */
function namedExports(): Plugin {
  const require = createRequire(import.meta.url);
  return {
    name: "named-exports",
    resolveId: (id) => (id.startsWith(NAMED) ? id : undefined),
    load(id) {
      if (!id.startsWith(NAMED)) return undefined;
      const path = id.slice(NAMED.length);
      const names = Object.keys(require(path) as object).filter((name) => name !== "default");
      return `import all from "${path}";\nexport default all;\nexport const { ${names.join(", ")} } = all;`;
    },
  };
}

function nameOf(path: string): string {
  return path.replace("@", "").replaceAll("/", "-");
}

/** The error codes, from the type that lists them. */
export function errorCodes(root: string): ReadonlySet<string> {
  const source = readFileSync(join(root, "src/errors.ts"), "utf8");
  const [, body = ""] = /interface EventStoreErrorDetails \{\n([^]*?)\n\}/.exec(source) ?? [];
  return new Set([...body.matchAll(/^  "([a-z-]+)":/gm)].map(([, code = ""]) => code));
}
