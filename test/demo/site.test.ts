/** The site of the documentation: its links, its search, its playgrounds, and how it looks. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildSite } from "../../demo/site/build-site.ts";
import { startBrowser, type Browser } from "../support/browser.ts";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import { DESKTOP, findCut, PHONE, picture, seriousIn, sticksOut, THEMES } from "../support/looks.ts";
import { readMeasured, type KeptRow } from "../bench/documents.ts";
import { editExample as edit, outputOf, runExample as run } from "../support/playground.ts";
import { ROOT } from "../support/run-node.ts";
import { serveFolder, type Site } from "../support/site.ts";

/** Where the site lies on its server: it may be hosted under any path, as plain files. */
const PATH = "rivulet/docs";

let parent: string;
let folder: string;
let pages: readonly string[];

beforeAll(async () => {
  mkdirSync(join(ROOT, ".build/browser"), { recursive: true });
  parent = mkdtempSync(join(ROOT, ".build/browser/docs-"));
  folder = join(parent, PATH);
  await buildSite({ root: ROOT, out: folder });
  pages = readdirSync(folder).filter((name) => name.endsWith(".html"));
  return () => rmSync(parent, { recursive: true, force: true });
});

describe("the files of the site", () => {
  test("every link within the site has its page and its heading", () => {
    const ids = new Map(pages.map((page) => [page, idsIn(read(page))]));
    const broken = pages.flatMap((page) =>
      linksIn(read(page))
        .filter((link) => !leadsSomewhere(page, link, ids))
        .map((link) => `${page}: ${link}`),
    );

    expect(broken).toEqual([]);
  });

  test("every error code has a heading of its own, and the reference links to it", () => {
    const errors = read("errors.html");
    const source = readFileSync(join(ROOT, "src/errors.ts"), "utf8");
    const codes = [...source.matchAll(/^ {2}"([a-z-]+)":/gm)].map(([, code = ""]) => code);

    expect(codes.length).toBeGreaterThan(20);
    expect(codes.filter((code) => !errors.includes(`id="${code}"`))).toEqual([]);
    expect(read("api-rivulet.html")).toContain('href="errors.html#version-conflict"');
  });

  test("every measured ratio is drawn, with its interval and its aim, from what the benchmark has kept", () => {
    const ratios = Object.values(readMeasured()).flatMap((rows) => rows.filter(({ unit, low }) => unit === "" && low));
    const html = ["performance", "postgresql"].map((name) => read(`${name}.html`)).join("\n");
    const labels = html.matchAll(/<svg [^>]*aria-label="([\d.-]+, between [^"]*)"/g);
    const drawn = new Set([...labels].map(([, label]) => label));

    expect(ratios.length).toBeGreaterThan(50);
    expect(ratios.map(labelOf).filter((label) => !drawn.has(label))).toEqual([]);
  });

  test("charts have a legend, and tables with aims are laid out so that a phone shows the aims", () => {
    const html = read("performance.html");
    const tables = [
      ...html.matchAll(/(<p class="legend">.*<\/p>\n)?<div class="table([^"]*)"[^>]*>\s*<table>[^]*?<\/table>/g),
    ];
    const aimed = tables.filter(([table]) => table.includes("<th>aim</th>") || / data-label="aim"/.test(table));
    const drawn = tables.filter(([table]) => table.includes('<line class="interval"'));

    expect(aimed.length).toBeGreaterThan(6);
    expect(aimed.filter(([, , kind = ""]) => !/texts|measured/.test(kind)).map(([table]) => table)).toEqual([]);
    expect(drawn.length).toBeGreaterThan(5);
    expect(drawn.filter(([, legend]) => legend === undefined).map(([table]) => table)).toEqual([]);
  });

  function read(page: string): string {
    return readFileSync(join(folder, page), "utf8");
  }

  function leadsSomewhere(page: string, link: string, ids: ReadonlyMap<string, ReadonlySet<string>>): boolean {
    // The page of the counters, which is another build.
    if (/^(?:https?:|\.\.\/index\.html$)/.test(link)) return true;
    const [file = "", id] = link.replace(/^\.\//, "").split("#");
    const found = ids.get(file === "" ? page : file);
    if (found === undefined) return readdirSync(folder, { recursive: true, encoding: "utf8" }).includes(file);
    return id === undefined || found.has(decodeURIComponent(id));
  }
});

describe.skipIf(mayBeLeftOut("chromium"))("the site in a browser", () => {
  let site: Site;
  let browser: Browser;
  let page: Page;
  const foreign: string[] = [];
  const complaints: string[] = [];

  beforeAll(async () => {
    [site, browser] = await Promise.all([serveFolder(parent), startBrowser()]);
    page = await browser.open();
    page.on("request", (request) => {
      if (!request.url().startsWith(`${site.origin}/${PATH}/`) && !request.url().startsWith("blob:"))
        foreign.push(request.url());
    });
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(String(error)));
  });
  afterAll(async () => {
    await browser.close();
    await site.close();
  });
  const urlOf = (name: string): string => site.url(`${PATH}/${name}`);

  test("an example runs on SQLite in the page, beside it its output, its events and its tables", async () => {
    await page.setViewportSize(DESKTOP);
    await page.goto(urlOf("read-models"));
    const example = page.locator(".block.runs").first();
    await run(example);

    await expect.poll(() => outputOf(example)).toBe("[ { stream: 'counter-1', events: 1, total: 4 } ]");
    expect(await cellsOf(example.locator(".events"))).toEqual(["1", "counter-1", "1", "incremented", '{"by":4}']);
    expect(await cellsOf(example.locator(".tables"))).toEqual(["counter-1", "1", "4"]);
    const [code, results] = await Promise.all([
      boxOf(example.locator("pre").first()),
      boxOf(example.locator(".results")),
    ]);
    expect(results.x).toBeGreaterThanOrEqual(code.x + code.width);
    expect(results.y).toBeLessThan(code.y + code.height);
    expect(await sticksOut(page)).toBe(0);

    await example.getByRole("button", { name: "Edit" }).click();
    const editor = example.getByLabel("Code of the example");
    await editor.fill((await editor.inputValue()).replace("by: 4", "by: 40"));
    await editor.press("Control+Enter");
    await expect.poll(() => outputOf(example)).toBe("[ { stream: 'counter-1', events: 1, total: 40 } ]");
    expect(await seriousIn(page)).toEqual([]);
    await picture(page, "site-playground");
  });

  test.each([
    ["React", "react", 0],
    ["React, with a provider", "react", 1],
    ["Vue", "vue-svelte-solid", 0],
    ["Svelte", "vue-svelte-solid", 1],
    ["Solid", "vue-svelte-solid", 2],
  ])(
    "a component of %s runs, counts its clicks in the store, and is run again after an edit",
    async (_, name, index) => {
      await page.goto(urlOf(name));
      const example = page.locator(".block.runs").nth(index);
      expect(await compilersOf(page)).toEqual([]);
      await run(example, "running: try it");
      expect(await compilersOf(page)).not.toEqual([]);
      const counter = example.locator(".stage button:enabled");
      await counter.waitFor();
      const before = Number(await counter.innerText());
      await counter.click();
      await example
        .locator(".stage")
        .getByText(String(before + 1), { exact: true })
        .waitFor();
      await expect.poll(() => example.locator(".events tbody tr").count()).toBe(before + 1);
      expect((await cellsOf(example.locator(".events"))).slice(-4)).toEqual([
        "counter-1",
        String(before + 1),
        "incremented",
        '{"by":1}',
      ]);

      await example.getByRole("button", { name: "Edit" }).click();
      const editor = example.getByLabel("Code of the example");
      await editor.fill((await editor.inputValue()).replace("</button>", " <em>edited</em></button>"));
      await editor.press("Control+Enter");
      await example.locator(".stage button:enabled em").getByText("edited").waitFor();
      await example.getByRole("button", { name: "Delete its events" }).click();
      await example.getByText("its events are deleted").waitFor();
      expect(await example.locator(".stage button").count()).toBe(0);
      // The next component would be drawn in it.
      expect(await page.locator("#root").count()).toBe(0);

      await editor.fill("<script setup>const = 1;");
      await run(example, "failed");
      expect(await example.getByRole("button", { name: "Stop" }).isVisible()).toBe(false);
    },
  );

  test("a store moves into a PostgreSQL in the page, and the results can be closed", async () => {
    await page.goto(urlOf("move-to-postgresql"));
    const example = page.locator(".block.runs").first();
    await run(example);
    await expect.poll(() => outputOf(example)).toBe("2\n1 1 ordered\n2 2 paid\n3 3 shipped\n[ { events: 3 } ]");
    expect(await example.locator(".events caption").allInnerTexts()).toEqual([
      "sqlite-wasm, in memory",
      "pglite, in memory",
    ]);

    await example.getByRole("button", { name: "Close" }).click();
    expect(await example.locator(".results").isVisible()).toBe(false);
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Run");
  });

  test("an example that opens a database finds its events again, until they are deleted", async () => {
    await page.goto(urlOf("index"));
    const example = page.locator(".block.runs").first();
    await run(example);
    await page.reload();
    await run(example);
    await expect.poll(() => outputOf(example)).toBe("1 incremented 2\n2 incremented 2");

    await example.getByRole("button", { name: "Delete its events" }).click();
    await example.getByText("its events are deleted").waitFor();
    await run(example);
    await expect.poll(() => outputOf(example)).toBe("1 incremented 2");
  });

  test("what an example throws, and what does not parse, is shown", async () => {
    await page.goto(urlOf("append"));
    const example = page.locator(".block.runs").first();
    await example.getByRole("button", { name: "Edit" }).click();
    const code = example.getByLabel("Code of the example");
    await code.fill('await counter.append({ type: "" });');
    await run(example, "failed");
    await expect.poll(() => outputOf(example)).toMatch(/^invalid-argument: |^invalid-event: /);

    await code.fill("const = 1;");
    await run(example, "failed");
    await expect.poll(() => outputOf(example)).toMatch(/^SyntaxError: /);
  });

  test.each([
    ["svelte", 1, "<script>\nexport let name;\n</script>\n<p>hello {name}</p>", "hello counter-1"],
    ["svelte", 1, "<script module>\nexport const STEP = 2;\n</script>\n<p>hello {STEP}</p>", "hello 2"],
    [
      "vue",
      0,
      "<script>\nexport const A = 3;\n</script>\n<script setup>\nconst B = A + 1;\n</script>\n<template><p>hello {{ B }}</p></template>",
      "hello 4",
    ],
    [
      "jsx",
      2,
      "export function Zebra(props: { text: string }) { return <b>{props.text}</b>; }\nexport const A = 1;\nexport function Main() { return <Zebra text='hello' />; }",
      "hello",
    ],
  ])("an edited component of %s is shown, whatever else it exports: %#", async (_, index, code, shown) => {
    await page.goto(urlOf("vue-svelte-solid"));
    const example = page.locator(".block.runs").nth(index);
    await edit(example, code);
    await run(example, "running: try it");
    expect(await example.locator(".stage").innerText()).toBe(shown);
  });

  test("an example that prints much is drawn once in a frame, with its last lines", async () => {
    await page.goto(urlOf("append"));
    const example = page.locator(".block.runs").first();
    await page.evaluate(() => {
      const { get } = Object.getOwnPropertyDescriptor(Element.prototype, "scrollHeight") as { get(): number };
      let measured = 0;
      Object.defineProperty(Element.prototype, "scrollHeight", {
        get(this: Element) {
          document.body.dataset["measured"] = String(++measured);
          return get.call(this);
        },
      });
    });
    await edit(example, "for (let i = 1; i <= 5000; i++) console.log(i);\nconsole.log('x'.repeat(1e6));");
    await run(example);
    await example.getByText("(4001 earlier lines are left out)").waitFor();

    const lines = (await outputOf(example)).split("\n");
    expect(lines.slice(1, 3)).toEqual(["4002", "4003"]);
    expect(lines.at(-1)?.length).toBeLessThan(11_000);
    expect(Number(await page.locator("body").getAttribute("data-measured"))).toBeLessThan(20);
  });

  test("an example that never ends can be stopped and run again, and tells nothing more", async () => {
    await page.goto(urlOf("append"));
    const example = page.locator(".block.runs").first();
    await edit(
      example,
      "addEventListener('old', () => console.log('old')); console.log('begun'); await new Promise(() => {});",
    );
    await run(example, "running …");
    await expect.poll(() => outputOf(example)).toBe("begun");
    await example.getByRole("button", { name: "Stop" }).click();
    await example.getByText("stopped", { exact: true }).waitFor();

    await edit(
      example,
      "dispatchEvent(new Event('old')); console.log(new Proxy({}, { getPrototypeOf() { throw 1; } }));",
    );
    await run(example);
    await expect.poll(() => outputOf(example)).toBe("[it throws when it is read]");

    await edit(example, "throw new Proxy({}, { getPrototypeOf() { throw 1; } });");
    await run(example, "failed");
    expect(await example.getByRole("button", { name: "Run" }).isEnabled()).toBe(true);
  });

  test("the search finds sections without a network, and the keyboard reaches them", async () => {
    const loaded = page.waitForResponse(/search\.json$/);
    await page.goto(urlOf("index"));
    await loaded;
    await page.context().setOffline(true);
    await page.keyboard.press("/");
    await page.keyboard.type("parked ev");
    const found = page.getByRole("list", { name: "Results" }).getByRole("link");
    await found.first().waitFor();
    await page.context().setOffline(false);

    expect((await found.first().innerText()).toLowerCase()).toContain("park");
    // What explains it comes first, then the reference.
    expect(await found.first().getAttribute("href")).not.toContain("api-");
    expect(await seriousIn(page)).toEqual([]);
    await page.keyboard.press("ArrowDown");
    expect(await found.first().evaluate((link) => link === document.activeElement)).toBe(true);
    const target = await found.first().evaluate((link) => (link as HTMLAnchorElement).href);
    await page.keyboard.press("Enter");
    await page.waitForURL(target);
  });

  test.each(["nothing", "a/b/nothing/"])(
    "an unknown address, %s, is answered by a page that finds the site's files",
    async (path) => {
      site.answer = (asked) => (asked.endsWith(path) ? { status: 404, ...site.file(`/${PATH}/404.html`) } : undefined);
      const lost = await browser.open();
      await lost.goto(`${site.origin}/${PATH}/${path}`);
      site.answer = undefined;

      await lost.getByLabel("Search the documentation").fill("parked");
      const found = lost.getByRole("list", { name: "Results" }).getByRole("link");
      expect(await found.first().evaluate((link: HTMLAnchorElement) => link.href)).toContain(`${site.origin}/${PATH}/`);
      await lost.getByRole("link", { name: "Skip to the content" }).press("Enter");
      expect(await lost.evaluate(() => document.activeElement?.id)).toBe("content");
      await lost.getByRole("link", { name: "Start page" }).click();
      await lost.waitForURL(urlOf("index"));
      await lost.close();
    },
  );

  test("no page is wider than a phone or a desk, and none cuts a text off", { timeout: 120_000 }, async () => {
    // What they load is the same for all.
    await page.route("**/assets/main-*.js", (route) => route.fulfill({ contentType: "text/javascript", body: "" }));
    const broken: string[] = [];
    for (const [index, name] of pages.entries()) {
      await page.goto(`${site.origin}/${PATH}/${name}`, { waitUntil: "domcontentloaded" });
      // Each page begins with the size that the one before ended with.
      for (const size of index % 2 === 0 ? [DESKTOP, PHONE] : [PHONE, DESKTOP]) {
        await page.setViewportSize(size);
        const found = await page.evaluate(findCut);
        broken.push(...found.map((text) => `${name}, ${size.width} px: ${text}`));
      }
    }
    await page.unroute("**/assets/main-*.js");
    expect(broken).toEqual([]);
  });

  for (const theme of THEMES) {
    test(`every kind of page has no accessibility problems, on a phone and on a desk: ${theme}`, async () => {
      await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
      for (const name of ["index", "performance", "comparison", "api-rivulet-projections"]) {
        await page.goto(urlOf(name));
        for (const [size, viewport] of Object.entries({ desk: DESKTOP, phone: PHONE })) {
          await page.setViewportSize(viewport);
          expect(await seriousIn(page), `${name}, ${size}`).toEqual([]);
        }
      }
    });
  }

  test("the menu of a phone opens, closes with Escape, and gives the focus back", async () => {
    await page.setViewportSize(PHONE);
    await page.goto(urlOf("append"));
    const menu = page.getByRole("navigation", { name: "Pages", exact: true });
    expect(await menu.isVisible()).toBe(false);

    await page.getByRole("button", { name: "Menu" }).click();
    expect(await menu.isVisible()).toBe(true);
    await page.keyboard.press("Escape");
    expect(await menu.isVisible()).toBe(false);
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Menu");
  });

  test("nothing was asked of another host or from outside of the site's own path, and no policy was violated", () => {
    expect(foreign).toEqual([]);
    expect(complaints).toEqual([]);
  });
});

/** The large files that a page has loaded beside its own script. */
function compilersOf(page: Page): Promise<readonly string[]> {
  return page.evaluate(() =>
    (performance.getEntriesByType("resource") as PerformanceResourceTiming[])
      .filter(({ name, decodedBodySize }) => name.endsWith(".js") && decodedBodySize > 150_000)
      .map(({ name }) => name),
  );
}

async function boxOf(place: Locator): Promise<{ x: number; y: number; width: number; height: number }> {
  const box = await place.boundingBox();
  if (box === null) throw new Error("it is not visible");
  return box;
}

function cellsOf(place: Locator): Promise<readonly string[]> {
  return place.locator("tbody td").allInnerTexts();
}

function labelOf({ value, low, high, aim }: KeptRow): string {
  const aimed = aim !== undefined && "atLeast" in aim ? `; the aim is ${aim.atLeast}` : "";
  return `${value}, between ${low} and ${high}${aimed}`;
}

function linksIn(html: string): readonly string[] {
  return [...html.matchAll(/ (?:href|src)="([^"]*)"/g)].map(([, link = ""]) => link.replaceAll("&amp;", "&"));
}

function idsIn(html: string): ReadonlySet<string> {
  return new Set([...html.matchAll(/ id="([^"]*)"/g)].map(([, id = ""]) => id));
}
