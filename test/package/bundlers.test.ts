import { copyFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, onTestFinished, test } from "vitest";
import type * as Vite from "vite";
import { startBrowser, type Browser } from "../support/browser.ts";
import { buildTools, importTool } from "../support/build-tools.ts";
import { startApplication, visitTwice } from "../support/fresh-application.ts";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import { run } from "../support/packed.ts";
import { serveFolder } from "../support/site.ts";

const VITES = ["vite5", "vite6", "vite7"] as const;

/** What the application also does: it uses every part of a replica's code, which the tool may put into files of their own. */
const REPLICA = `
import { defineReadModel, sql, table } from "rivulet/read-models";
import { follow } from "rivulet/sync";

async function useReplica(store) {
  const fetch = () => Promise.reject(new Error("no hub"));
  const replica = await follow(store, { url: "/sync", fetch, streams: ["list"] });
  await replica.stream("list").append({ type: "added", data: { item: "tea" } });
  const items = table("items", "item TEXT");
  const on = { added: ({ data }) => sql\`INSERT INTO \${items} VALUES (\${data.item})\` };
  const model = await store.readModel(defineReadModel({ name: "items", schema: 1, tables: [items], on }));
  const { rows, pending } = await replica.query(model, sql\`SELECT item FROM \${items}\`);
  if (rows.length === 0 || rows.length !== pending) throw new Error("the query lacks what is pending");
  while (replica.status.error?.message !== "no hub") await new Promise((resolve) => replica.subscribe(resolve));
  await replica.close();
}
`;

/** The two files that a tool without support for workers leaves out, as docs/browser.md says. */
const PACKAGED = "node_modules/rivulet/dist/adapters/sqlite-wasm";
const FILES = ["worker.js", "sqlite3.wasm"] as const;

describe.skipIf(mayBeLeftOut("chromium"))("the documented application in other bundlers", () => {
  let browser: Browser;

  beforeAll(async () => {
    buildTools();
    browser = await startBrowser();
    return () => browser.close();
    // Installing from the registry takes longer than other tests on a busy machine.
  }, 400_000);

  test.each(VITES)("built by %s, without configuration", async (name) => {
    const { build } = await importTool<typeof Vite>(`${name}/dist/node/index.js`);
    const root = startWithReplica();
    await build({ root, configFile: false, logLevel: "error" });

    await visit(join(root, "dist"));
  });

  // Each on its own port, because pages of one origin share databases.
  test.each(VITES.map((name, index) => [name, 5180 + index] as const))(
    "on the development server of %s, without configuration",
    async (name, port) => {
      const { createServer } = await importTool<typeof Vite>(`${name}/dist/node/index.js`);
      const server = await createServer({
        root: startWithReplica(),
        configFile: false,
        logLevel: "error",
        server: { host: "127.0.0.1", port },
      });
      onTestFinished(() => server.close());
      await server.listen();

      await visitTwice(browser, server.resolvedUrls?.local[0] as string);
    },
  );

  test("built by Rspack, without configuration", async () => {
    const root = plainApplication();
    const script = `import { rspack } from "@rspack/core";
      const compiler = rspack({ context: ${JSON.stringify(root)}, mode: "production", entry: { main: "./main.js" },
        output: { path: ${JSON.stringify(join(root, "dist"))} } });
      compiler.run((error, stats) => {
        if (error || stats.hasErrors()) throw error ?? new Error(stats.toString());
        compiler.close(() => undefined);
      });`;
    run(buildTools(), process.execPath, "--input-type=module", "--eval", script);
    placePage(root);

    await visit(join(root, "dist"));
  });

  test("built by Rsbuild, without configuration", async () => {
    const root = plainApplication();
    mkdirSync(join(root, "src"));
    renameSync(join(root, "main.js"), join(root, "src/index.js"));
    const rsbuild = join(buildTools(), "node_modules/@rsbuild/core/bin/rsbuild.js");
    run(root, process.execPath, rsbuild, "build", "--mode=production");

    await visit(join(root, "dist"));
  });

  test("built by Parcel, configured to read the package's exports", async () => {
    const root = plainApplication();
    const configuration = { name: "fresh", private: true, "@parcel/resolver-default": { packageExports: true } };
    writeFileSync(join(root, "package.json"), JSON.stringify(configuration));
    const parcel = join(buildTools(), "node_modules/parcel/lib/bin.js");
    run(root, process.execPath, parcel, "build", "index.html", "--no-cache", "--no-autoinstall", "--no-source-maps");

    await visit(join(root, "dist"));
  });

  test.each([
    ["in one file", []],
    ["in several files", ["--splitting"]],
  ])("built by esbuild %s, with the two files beside it", async (_form, options) => {
    const root = plainApplication();
    const bin = join(buildTools(), "node_modules/esbuild/bin/esbuild");
    run(root, bin, "main.js", "--bundle", "--format=esm", "--outdir=dist", "--minify", ...options);
    copyFiles(root);
    placePage(root);

    await visit(join(root, "dist"));
  });

  test("built by Rollup, with its resolver and the two files beside it", async () => {
    const root = plainApplication();
    const script = `import { rollup } from "rollup";
      import { nodeResolve } from "@rollup/plugin-node-resolve";
      const bundle = await rollup({ input: ${JSON.stringify(join(root, "main.js"))}, plugins: [nodeResolve()] });
      await bundle.write({ dir: ${JSON.stringify(join(root, "dist"))}, format: "es" });`;
    run(buildTools(), process.execPath, "--input-type=module", "--eval", script);
    copyFiles(root);
    placePage(root);

    await visit(join(root, "dist"));
  });

  test("unbuilt, with an import map", async () => {
    const root = plainApplication();
    placeImportMap(root);

    await visit(root);
  });

  test.each([
    ["address", `"/elsewhere/engine.wasm"`],
    ["bytes", `await (await fetch("/elsewhere/engine.wasm")).arrayBuffer()`],
    ["compiled module", `await WebAssembly.compileStreaming(fetch("/elsewhere/engine.wasm"))`],
  ])("with a worker of its own making, and SQLite as the %s of a file elsewhere", async (_form, wasm) => {
    const root = plainApplication();
    placeImportMap(root);
    mkdirSync(join(root, "elsewhere"));
    copyFileSync(join(root, PACKAGED, "worker.js"), join(root, "storage.js"));
    copyFileSync(join(root, PACKAGED, "sqlite3.wasm"), join(root, "elsewhere/engine.wasm"));
    const code = readFileSync(join(root, "main.js"), "utf8");
    const options = `name: "app", worker: () => new Worker("/storage.js", { type: "module" }), wasm: ${wasm}`;
    writeFileSync(join(root, "main.js"), code.replace('name: "app"', options));

    await visit(root);
  });

  async function visit(folder: string): Promise<void> {
    const site = await serveFolder(folder);
    onTestFinished(() => site.close());
    // Pages that a tool generates name no icon.
    site.answer = (path) => (path === "/favicon.ico" ? { status: 204 } : undefined);
    await visitTwice(browser, site.url("index"));
  }
});

/** The import map of an unbuilt page. */
function placeImportMap(root: string): void {
  const map = {
    imports: {
      rivulet: "/node_modules/rivulet/dist/src/index.js",
      "rivulet/read-models": "/node_modules/rivulet/dist/src/read-models/index.js",
      "rivulet/sqlite-wasm": "/node_modules/rivulet/dist/adapters/sqlite-wasm/index.js",
      "rivulet/sync": "/node_modules/rivulet/dist/src/sync/index.js",
    },
  };
  const page = readFileSync(join(root, "index.html"), "utf8");
  writeFileSync(
    join(root, "index.html"),
    page.replace("<script", `<script type="importmap">${JSON.stringify(map)}</script>\n<script`),
  );
}

/** README's application, which uses a replica before it tells what it found. */
function startWithReplica(): string {
  const root = startApplication();
  const code = readFileSync(join(root, "main.ts"), "utf8");
  const title = "  document.title =";
  writeFileSync(join(root, "main.ts"), `${code.replace(title, `  await useReplica(store);\n${title}`)}${REPLICA}`);
  return root;
}

/** In plain JavaScript. */
function plainApplication(): string {
  const root = startWithReplica();
  renameSync(join(root, "main.ts"), join(root, "main.js"));
  placePage(root, ".");
  return root;
}

function placePage(root: string, folder = "dist"): void {
  const page = readFileSync(join(root, "index.html"), "utf8").replace("main.ts", "main.js");
  writeFileSync(join(root, folder, "index.html"), page);
}

function copyFiles(root: string): void {
  for (const file of FILES) {
    copyFileSync(join(root, PACKAGED, file), join(root, "dist", file));
  }
}
