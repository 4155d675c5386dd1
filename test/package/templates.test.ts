/** The templates of `npm create rivulet`: made as npx makes them, with the packed package, then checked, built and run. */
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { once } from "node:events";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { installExactly } from "../support/build-tools.ts";
import { startBrowser, type Browser } from "../support/browser.ts";
import { startProcess, type Child } from "../support/child.ts";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import { run, unpackInto } from "../support/packed.ts";
import { ROOT } from "../support/run-node.ts";
import { commandOf } from "../support/runtimes.ts";
import { serveFolder } from "../support/site.ts";
import { temporaryFolder } from "../support/temporary.ts";

const SOURCES = join(ROOT, "demo/templates");
const TEMPLATES = ["vanilla", "react", "node", "sync"] as const;
type Template = (typeof TEMPLATES)[number];

/** What npm would install for each, beside rivulet: what this repository has. */
const LINKED: Readonly<Record<Template, readonly string[]>> = {
  vanilla: ["vite"],
  react: ["@types/react", "@types/react-dom", "react", "react-dom", "vite"],
  node: ["@types/node"],
  sync: ["@hono/node-server", "@types/node", "hono", "vite"],
};

/** Where babel is, as in this repository, npm finds a conflict between what this plugin and babel may be used with. */
const PLUGIN = { "@vitejs/plugin-react": "6.3.0" };

const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
const vite = join(ROOT, "node_modules/vite/bin/vite.js");

/** The script of the packed `create-rivulet`, unpacked. */
let creator: string;

beforeAll(() => {
  const folder = mkdtempSync(join(tmpdir(), "rivulet-creator-"));
  run(SOURCES, "npm", "pack", "--silent", "--pack-destination", folder);
  run(folder, "tar", "-xzf", readdirSync(folder)[0] as string);
  creator = join(folder, "package/create.js");
  return () => rmSync(folder, { recursive: true });
});

const create = (cwd: string, ...args: readonly string[]) =>
  spawnSync(process.execPath, [creator, ...args], { cwd, encoding: "utf8" });

/** Makes an application, installs it, checks its types, and builds it if it has a page. */
function makeApplication(template: Template): string {
  const parent = temporaryFolder();
  const made = create(parent, "My App", "--template", template);
  expect(made.status, made.stderr).toBe(0);
  const folder = join(parent, "My App");
  unpackInto(folder, { linked: LINKED[template] });
  if (template === "react") placePlugin(folder);
  run(folder, process.execPath, tsc, "-p", ".");
  if (existsSync(join(folder, "index.html"))) run(folder, process.execPath, vite, "build", "--logLevel", "error");
  return folder;
}

function placePlugin(application: string): void {
  const folder = temporaryFolder();
  installExactly(folder, PLUGIN);
  mkdirSync(join(application, "node_modules/@vitejs"));
  for (const name of Object.keys(PLUGIN)) {
    symlinkSync(join(folder, "node_modules", name), join(application, "node_modules", name));
  }
}

/** Starts a program on a free port; resolves with its address. */
async function start(folder: string, file: string): Promise<{ readonly child: Child; readonly url: string }> {
  const [node, ...before] = commandOf("Node 24");
  const child = startProcess(node, [...before, file], folder, { PORT: "0", NODE_OPTIONS: "" });
  return { child, url: await child.line("http://") };
}

test("a template is copied into a new folder, under the folder's name, with what to do next", () => {
  const parent = temporaryFolder();
  for (const template of TEMPLATES) {
    const { status, stdout } = create(parent, `my-${template}`, "--template", template);
    expect([status, stdout]).toEqual([0, expect.stringContaining(`cd my-${template}\n  npm install\n  npm`)]);
    const folder = join(parent, `my-${template}`);
    expect(JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))).toMatchObject({ name: `my-${template}` });
    expect(readdirSync(folder).sort()).toEqual([".gitignore", ...readdirSync(join(SOURCES, template))].sort());
  }
});

test.each([
  ["v20.20.2", ["node", "sync"]],
  ["v24.14.9", ["node", "sync"]],
  ["v24.15.0", []],
  ["v24.99.0", []],
  ["v25.0.0", ["node", "sync"]],
  ["v25.8.0", ["node", "sync"]],
  ["v25.8.1", []],
  ["v25.9.0", []],
  ["v26.0.0", []],
])("with Node %s, there is a warning for templates whose programs it cannot run", (version, warned) => {
  const pretended = `Object.defineProperty(process, "version", { value: "${version}" })`;
  const warnings = TEMPLATES.map((template) => {
    const args = ["--import", `data:text/javascript,${pretended}`, creator, "a", "--template", template];
    const { status, stderr } = spawnSync(process.execPath, args, { cwd: temporaryFolder(), encoding: "utf8" });
    expect(status).toBe(0);
    return [template, stderr.trim()];
  });
  const warning = (template: Template): string =>
    `The template "${template}" needs Node 24.15, or 25.8.1 or newer, which runs TypeScript and has SQLite. This is Node ${version.slice(1)}.`;
  expect(warnings).toEqual(TEMPLATES.map((each) => [each, warned.includes(each) ? warning(each) : ""]));
});

test("within the node_modules of a project that has a src/index.ts of its own, rivulet is installed from the registry", () => {
  const project = temporaryFolder();
  const folder = join(project, "node_modules/create-rivulet");
  cpSync(dirname(creator), folder, { recursive: true });
  mkdirSync(join(project, "src"));
  writeFileSync(join(project, "src/index.ts"), "");
  const printedBy = (file: string): string =>
    spawnSync(process.execPath, [file, temporaryFolder()], { encoding: "utf8" }).stdout;
  expect(printedBy(join(folder, "create.js"))).toContain("  npm install\n");
  expect(printedBy(join(SOURCES, "create.js"))).toMatch(/npm install .*rivulet-0\.1\.0\.tgz/);
});

test("an unknown template, a folder with files and wrong arguments are refused", () => {
  const parent = temporaryFolder();
  mkdirSync(join(parent, "full/inside"), { recursive: true });
  const cases: readonly (readonly [args: readonly string[], says: string])[] = [
    [[], "Usage:"],
    [["a", "b"], "Usage:"],
    [["a", "--templat", "node"], "--templat"],
    [["a", "--template", "toString"], `There is no template "toString"`],
    [["full"], "is not empty"],
  ];
  for (const [args, says] of cases) {
    const { status, stderr } = create(parent, ...args);
    expect([args, status, stderr]).toEqual([args, 2, expect.stringContaining(says)]);
  }
  expect(readdirSync(parent)).toEqual(["full"]);
});

test("the templates name the versions that are tested here", () => {
  const read = (file: string) =>
    JSON.parse(readFileSync(file, "utf8")) as {
      readonly version: string;
      readonly dependencies?: Readonly<Record<string, string>>;
      readonly devDependencies: Readonly<Record<string, string>>;
    };
  const own = read(join(ROOT, "package.json"));
  expect(read(join(SOURCES, "package.json")).version).toBe(own.version);
  for (const template of TEMPLATES) {
    const { dependencies, devDependencies } = read(join(SOURCES, template, "package.json"));
    // Types of the Node that the templates ask for.
    const { "@types/node": _node, rivulet, ...others } = { ...dependencies, ...devDependencies };
    expect(rivulet).toBe(`^${own.version}`);
    const here: Readonly<Record<string, string>> = { ...own.devDependencies, ...PLUGIN };
    const tested = Object.keys(others).map((name) => [name, `^${here[name]}`]);
    expect(others).toEqual(Object.fromEntries(tested));
  }
});

test("the service counts, tells the number after a restart, and sends every event", async () => {
  const folder = makeApplication("node");
  const first = await start(folder, "main.ts");
  const ask = async (url: string, method: string): Promise<unknown> =>
    (await fetch(`${url}/counters/a%20b`, { method })).json();
  expect(await ask(first.url, "POST")).toEqual({ state: 1, version: 1 });
  expect(await ask(first.url, "POST")).toEqual({ state: 2, version: 2 });
  expect((await fetch(`${first.url}/others`)).status).toBe(404);
  expect((await fetch(`${first.url}/counters/%`, { method: "POST" })).status).toBe(400);
  first.child.interrupt();
  expect((await first.child.ended).code).toBe(0);

  const { url } = await start(folder, "main.ts");
  expect(await ask(url, "GET")).toEqual({ state: 2, version: 2 });
  const { body } = await fetch(`${url}/events`, { headers: { "last-event-id": "1" } });
  const reader = (body as ReadableStream<Uint8Array>).getReader();
  const { value } = await reader.read();
  await reader.cancel();
  expect(new TextDecoder().decode(value)).toBe(
    `id: 2\ndata: {"stream":"counter-a b","type":"incremented","data":{"by":1}}\n\n`,
  );

  const statusOf = async (path: string): Promise<number> =>
    (await fetch(`${url}/counters/${path}`, { method: "POST" })).status;
  for (const impossible of ["%", "x".repeat(300), "%00"]) expect(await statusOf(impossible)).toBe(400);
  // The last one is refused by the decider.
  const statuses = Array.from({ length: 1_001 }, () => 200);
  for (const index of statuses.keys()) statuses[index] = await statusOf("full");
  expect(statuses).toEqual([...Array.from({ length: 1_000 }, () => 200), 400]);
});

describe.skipIf(mayBeLeftOut("chromium"))("in Chromium", () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await startBrowser();
    return () => browser.close();
  });

  test.each(["vanilla", "react"] as const)(
    "the page of %s counts its clicks, also after a reload",
    async (template) => {
      const folder = makeApplication(template);
      // Nothing of SQLite that rivulet does not use, such as its other workers.
      const assets = readdirSync(join(folder, "dist/assets")).map((name) => name.replace(/-[\w-]{8}\./, "."));
      expect(assets.sort()).toEqual(["index.js", "sqlite3.wasm", "worker.js"]);
      const site = await serveFolder(join(folder, "dist"));
      const { page, complaints } = await open(site.url("index"));
      await page.getByRole("button", { name: "0" }).click();
      await page.getByRole("button", { name: "1" }).click();
      await page.getByRole("button", { name: "2" }).waitFor();
      await page.reload();
      await page.getByRole("button", { name: "2" }).waitFor();
      expect(complaints).toEqual([]);
      await page.close();
      await site.close();
    },
  );

  test("two browsers share the list of sync through its hub", async () => {
    const folder = makeApplication("sync");
    const { child, url } = await start(folder, "hub.ts");
    const one = await open(url);
    // Of another origin, and therefore with a database of its own.
    const other = await open(url.replace("127.0.0.1", "localhost"));
    await one.page.getByRole("textbox").fill("tea");
    await one.page.getByRole("button", { name: "Add" }).click();
    await other.page.getByText("tea").waitFor();
    await other.page.getByRole("button", { name: "Bought" }).click();
    await one.page.getByText("tea").waitFor({ state: "detached" });
    await one.page.getByText("live, 0 to be confirmed").waitFor();

    await one.page.getByRole("textbox").fill("milk");
    await one.page.getByRole("button", { name: "Add" }).click();
    await one.page.getByRole("button", { name: "Bought" }).waitFor();
    await one.page.getByText("live, 0 to be confirmed").waitFor();
    await one.page.addInitScript(noteWhetherBlank);
    // Its status changes before the code is there that reads the list.
    let held = 0;
    await one.page.route(/\/assets\/verbs-/, async (route) => {
      held += 1;
      await one.page.getByText("live, 0 to be confirmed").waitFor();
      await route.continue();
    });
    await one.page.reload();
    await one.page.getByRole("button", { name: "Bought" }).waitFor();
    expect(await one.page.evaluate(() => document.documentElement.dataset["seen"])).toBe("milk, milk Bought");
    expect(held).toBe(1);
    expect([...one.complaints, ...other.complaints]).toEqual([]);

    // Both browsers are connected, and somebody who never says everything: the hub waits for nobody.
    const { port, hostname } = new URL(url);
    const slow = connect(Number(port), hostname).on("error", () => undefined);
    slow.write("GET / HTTP/1.1\r\n");
    await once(slow, "connect");
    // An answer to what is sent later: the hub has heard the other by then.
    expect((await fetch(url)).status).toBe(200);
    child.interrupt();
    expect((await child.ended).code).toBe(0);
    await one.page.close();
    await other.page.close();
  });

  /** Notes what the list shows, one after the other. */
  function noteWhetherBlank(): void {
    const seen: string[] = [];
    new MutationObserver(() => {
      const list = document.querySelector("ul");
      const text = list?.textContent?.trim();
      if (text === undefined || seen.at(-1) === text || (text === "" && seen.length === 0)) return;
      seen.push(text);
      document.documentElement.dataset["seen"] = seen.join(", ");
    }).observe(document, { childList: true, subtree: true });
  }

  async function open(url: string): Promise<{ readonly page: Page; readonly complaints: string[] }> {
    const page = await browser.open();
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
    });
    await page.goto(url);
    return { page, complaints };
  }
});
