/** The site of the documentation: its links, its search, and how it looks. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import MiniSearch from "minisearch";
import type { MeasuredRow } from "../../demo/site/measured.ts";
import { unescape } from "../../demo/site/highlight.ts";
import { readSections } from "../../demo/site/pages.ts";
import { excerptOf } from "../../demo/site/client/excerpt.ts";
import { findSections, SEARCH_OPTIONS, type Found } from "../../demo/site/search-options.ts";
import { readMeasured } from "../bench/documents.ts";
import { makeDocuments, openDocuments, type DocumentsFiles, type OpenDocuments } from "../support/documents-site.ts";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import { DESKTOP, findCut, PHONE, seriousIn } from "../support/looks.ts";
import { ROOT } from "../support/run-node.ts";

/** The pages of these parts have something to run, but for the last: they need what a page does not have. */
const TRIED: ReadonlySet<string> = new Set(["Guides", "Concepts", "Platforms"]);
const NOT_TRIED: Readonly<Record<string, string>> = {
  "command-line": "a terminal",
  "durable-objects": "Cloudflare's runtime",
  "how-it-works": "it has pictures instead",
  postgresql: "a server",
  traces: "OpenTelemetry's SDK",
};

let files: DocumentsFiles;
let pages: readonly string[];

beforeAll(async () => {
  files = await makeDocuments();
  pages = readdirSync(files.folder).filter((name) => name.endsWith(".html"));
  return () => files.remove();
});

describe("the files of the site", () => {
  let index: MiniSearch<Found> | undefined;

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

  test("the section of every error code says what to do, and leads to what explains it or has an example", () => {
    const sections = readFileSync(join(ROOT, "docs/errors.md"), "utf8").split(/^##+ /m);
    const ofCodes = sections.filter((section) => /^`[a-z-]+`\n/.test(section));
    // What a wrong argument is, its message says.
    const isComplete = (section: string): boolean =>
      /^- What to do: .+\.$/m.test(section) && /\]\(|```|^`invalid-argument`/.test(section);

    expect(ofCodes.length).toBeGreaterThan(20);
    expect(ofCodes.filter((section) => !isComplete(section))).toEqual([]);
  });

  test("each guide, concept and platform has an example to run in its page", () => {
    const sections = readSections(ROOT).filter(({ title }) => TRIED.has(title));
    const names = sections.flatMap((section) => section.pages.map(({ file }) => file.replace(".html", "")));
    const without = names.filter((name) => !read(`${name}.html`).includes('<div class="block runs'));

    expect(names.length).toBeGreaterThan(25);
    expect(without.sort()).toEqual(Object.keys(NOT_TRIED));
  });

  test("no number is parted from its unit, nor the ends of an interval, and the labels of a phone's tables are short", () => {
    const texts = pages.map((page) => [page, read(page).replaceAll(/<(pre|svg|code)\b[^]*?<\/\1>/g, "")] as const);
    const parted = texts.flatMap(([page, text]) =>
      [...text.matchAll(/[^<>]{0,20}(?:\d (?:[µm]?s|[kM]i?B|%)(?![\w-])|\[-?[\d.,]+, -?[\d.,]+\])/g)].map(
        ([found]) => `${page}: ${found}`,
      ),
    );
    const long = pages.flatMap((page) =>
      [...read(page).matchAll(/data-label="([^"]{27,})"/g)].map(([, label]) => `${page}: ${label}`),
    );

    expect(parted).toEqual([]);
    expect(long).toEqual([]);
  });

  test("commands are laid out as such, so that a phone shows all of each", () => {
    const starts = pages.flatMap((page) =>
      [
        ...read(page).matchAll(/<div class="block(?! commands)[^"]*"[^>]*><pre[^>]*><code>(?:<[^>]*>)*(\w+ [^\n]*)/g),
      ].map(([, line]) => `${page}: ${line}`),
    );

    expect(starts.filter((line) => /: (?:npm|npx|node|cd|cp) /.test(line))).toEqual([]);
  });

  test("examples have a layout for phones, in which no line is too long but for its texts", () => {
    const blocks = pages.flatMap((page) =>
      [...read(page).matchAll(/<div class="block[^"]*" data-language[^]*?<\/div>/g)].map(([html]) => ({ page, html })),
    );
    const layoutsOf = (html: string): readonly string[] =>
      [...html.matchAll(/<code>([^]*?)<\/code>/g)].map(([, code = ""]) => unescape(code.replaceAll(/<[^>]*>/g, "")));
    const long = blocks.flatMap(({ page, html }) => {
      // A text stays as it is, however long: also one of several lines.
      const bare = layoutsOf(html)
        .at(-1)
        ?.replaceAll(/`[^`]*`|"[^"\n]*"|'[^'\n]*'/g, "");
      const lines = bare?.split("\n").filter((line) => line.length > 44 && !line.includes("// →")) ?? [];
      return lines.map((line) => `${page}: ${line}`);
    });

    expect(blocks.length).toBeGreaterThan(50);
    expect(long).toEqual([]);
  });

  test("every drawing has a form for phones", () => {
    const drawings = readdirSync(join(ROOT, "docs/images"));
    const wide = drawings.filter((name) => name.endsWith(".svg") && !name.endsWith(".narrow.svg"));

    expect(wide.length).toBeGreaterThan(2);
    expect(wide.filter((name) => !drawings.includes(name.replace(".svg", ".narrow.svg")))).toEqual([]);
  });

  test("no picture of a page moves by itself, and the recording of the first page is small and ends", () => {
    const shown = pages.flatMap((page) => linksIn(read(page).replaceAll(/<a .*?>/g, "")));
    const moving = [...new Set(shown)].filter((file) => /\.(?:webp|gif|png)$/.test(file) && isAnimated(file));
    expect(moving).toEqual([]);

    const [, file = "?"] = /<a href="(\.\/images\/[^"]+)" data-alt=/.exec(read("index.html")) ?? [];
    expect(isAnimated(file)).toBe(true);
    const recording = readFileSync(join(files.folder, file));
    expect(recording.length).toBeLessThan(300_000);
    // The number of times that an animated WebP is played follows its background; 0 is for ever.
    expect(recording.readUInt16LE(recording.indexOf("ANIM") + 12)).toBeGreaterThan(0);
    expect(recording.readUInt16LE(recording.indexOf("ANIM") + 12)).toBeLessThan(4);
  });

  test("every measured ratio is drawn, with its interval and its aim, from what the benchmark has kept", () => {
    const ratios = Object.values(readMeasured()).flatMap((rows) => rows.filter(({ unit, low }) => unit === "" && low));
    const html = ["performance", "postgresql"].map((name) => read(`${name}.html`)).join("\n");
    const labels = html.matchAll(/<svg [^>]*aria-label="([\d.-]+, between [^"]*)"/g);
    const drawn = new Set([...labels].map(([, label]) => label));

    expect(ratios.length).toBeGreaterThan(50);
    expect(ratios.map(labelOf).filter((label) => !drawn.has(label))).toEqual([]);
  });

  test.each([
    ["how do I append only if nobody else did", "append.html#expected-versions"],
    ["what does limit count", "api-rivulet.html#ReadOptions.limit"],
    ["which errors can consume end with", "api-rivulet.html#EventStore.consume"],
    ["how do I close a store", "store.html#close-a-store"],
    ["what does a watcher do when the tab is frozen", "watch.html"],
    ["optimistic concurrency", "append.html#expected-versions"],
    ["expected version", "append.html#expected-versions"],
    ["storage-busy", "errors.html#storage-busy"],
    ["EventStore.append", "api-rivulet.html#EventStore.append"],
    ["batchSize", "api-rivulet-consumers.html#ConsumerParts.batchSize"],
    ["getting started", "first-steps.html"],
    ["restore a backup", "operate.html#backups"],
    ["maximum size of an event", "limits.html"],
    ["order of events", "guarantees.html"],
    ["delete events", "erasure.html"],
    ["schema migration", "upgrade-events.html"],
    ["what is an event store", "what-it-is.html"],
    ["lag", "consumers.html"],
    ["retry", "consumers.html"],
    ["retry", "api-rivulet-sync.html#Replica.retry"],
  ])("a question leads to its answer with the first results: %s", (question, answer) => {
    index ??= MiniSearch.loadJSON<Found>(read("search.json"), SEARCH_OPTIONS);
    const found = findSections(index as unknown as { search(text: string): readonly Found[] }, question);
    expect(found.slice(0, 3).map(({ id }) => id)).toContain(answer);
  });

  test("an excerpt of the search begins and ends with whole words, and has its match", () => {
    index ??= MiniSearch.loadJSON<Found>(read("search.json"), SEARCH_OPTIONS);
    const found = index.search("append events") as unknown as readonly (Found & {
      readonly terms: readonly string[];
    })[];
    expect(found.length).toBeGreaterThan(100);
    for (const { text, terms } of found) {
      const { before, match, after } = excerptOf(text, terms);
      const shown = `${before}${match}${after}`.replace(/^… /, "").replace(/ …$/, "");
      const at = text.indexOf(shown);
      expect(at, shown).not.toBe(-1);
      // A match may lie within a word that is longer than the excerpt.
      if (before !== "… ") expect(` ${text}`[at], shown).toMatch(/\s/);
      if (after !== " …") expect(`${text} `[at + shown.length], shown).toMatch(/\s/);
    }
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
    return readFileSync(join(files.folder, page), "utf8");
  }

  /** Animated WebP and PNG name their parts so; of a GIF nobody knows without decoding it. */
  function isAnimated(file: string): boolean {
    const bytes = readFileSync(join(files.folder, file));
    return file.endsWith(".gif") || bytes.includes("ANIM") || bytes.includes("acTL");
  }

  function leadsSomewhere(page: string, link: string, ids: ReadonlyMap<string, ReadonlySet<string>>): boolean {
    // The page of the counters, which is another build.
    if (/^(?:https?:|\.\.\/index\.html$)/.test(link)) return true;
    const [file = "", id] = link.replace(/^\.\//, "").split("#");
    const found = ids.get(file === "" ? page : file);
    if (found === undefined) return readdirSync(files.folder, { recursive: true, encoding: "utf8" }).includes(file);
    return id === undefined || found.has(decodeURIComponent(id));
  }
});

describe.skipIf(mayBeLeftOut("chromium"))("the site in a browser", () => {
  let opened: OpenDocuments;
  let page: Page;
  let urlOf: OpenDocuments["urlOf"];

  beforeAll(async () => {
    opened = await openDocuments(files);
    ({ page, urlOf } = opened);
    return () => opened.close();
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

  test.each([
    ["quickstart", /^1 result$/],
    ["zzzz", /^0 results$/],
    ["append", /^The first 12 of \d{2,} results$/],
  ])("screen readers hear how many sections were found: %s", async (question, said) => {
    await page.goto(urlOf("index"));
    await page.getByLabel("Search the documentation").fill(question);
    await expect.poll(() => page.locator("#search").getByRole("status").innerText()).toMatch(said);
  });

  test.each(["nothing", "a/b/nothing/"])(
    "an unknown address, %s, is answered by a page that finds the site's files",
    async (path) => {
      const { browser, root, site } = opened;
      const file = `${new URL(root).pathname}/404.html`;
      site.answer = (asked) => (asked.endsWith(path) ? { status: 404, ...site.file(file) } : undefined);
      const lost = await browser.open();
      await lost.goto(`${root}/${path}`);
      site.answer = undefined;

      await lost.getByLabel("Search the documentation").fill("parked");
      const found = lost.getByRole("list", { name: "Results" }).getByRole("link");
      expect(await found.first().evaluate((link: HTMLAnchorElement) => link.href)).toContain(`${root}/`);
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
      await page.goto(`${opened.root}/${name}`, { waitUntil: "domcontentloaded" });
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

  test("the recording of the first page plays and stops when its button is pressed", async () => {
    await page.goto(urlOf("index"));
    const figure = page.locator(".recording");
    const shown = figure.getByRole("img");
    const still = await shown.getAttribute("alt");
    await shown.scrollIntoViewIfNeeded();
    await expect.poll(() => shown.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(992);
    const size = await shown.evaluate(sizeOf);
    expect(await shown.getAttribute("src")).toContain("still");

    await figure.getByRole("button", { name: "Play the recording" }).press("Enter");
    await expect
      .poll(() => shown.evaluate(({ currentSrc }: HTMLImageElement) => currentSrc))
      .toMatch(/two-tabs\.webp$/);
    await expect.poll(() => shown.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(992);
    expect(await shown.getAttribute("alt")).toContain("slider");
    // Nothing around it moves.
    expect(await shown.evaluate(sizeOf)).toEqual(size);

    await figure.getByRole("button", { name: "Stop the recording" }).press("Enter");
    expect(await shown.getAttribute("alt")).toBe(still);
    expect(await figure.getByRole("button").evaluate((one) => one === document.activeElement)).toBe(true);
  });

  test("the menu of a phone opens, closes with Escape, and gives the focus back", async () => {
    await page.setViewportSize(PHONE);
    await page.goto(urlOf("append"));
    const menu = page.getByRole("navigation", { name: "Pages", exact: true });
    expect(await menu.isVisible()).toBe(false);

    await page.getByRole("button", { name: "Menu" }).click();
    expect(await menu.isVisible()).toBe(true);
    const current = menu.getByRole("link", { name: "Append", exact: true });
    await expect.poll(() => current.evaluate(isShownWithin, "#menu")).toBe(true);
    expect(await current.evaluate((link) => link === document.activeElement)).toBe(true);
    await page.keyboard.press("Escape");
    expect(await menu.isVisible()).toBe(false);
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Menu");
  });

  test("nothing was asked of another host or from outside of the site's own path, and no policy was violated", () => {
    expect(opened.foreign).toEqual([]);
    expect(opened.complaints).toEqual([]);
  });
});

/** Runs in a page: whether an element lies within the sight of one around it. */
function isShownWithin(one: Element, around: string): boolean {
  const [inner, outer] = [one, document.querySelector(around)].map((each) => each?.getBoundingClientRect());
  return inner !== undefined && outer !== undefined && inner.top >= outer.top && inner.bottom <= outer.bottom;
}

/** Runs in a page. */
function sizeOf(one: Element): { readonly width: number; readonly height: number } {
  return { width: one.clientWidth, height: one.clientHeight };
}

function labelOf({ value, low, high, aim }: MeasuredRow): string {
  const aimed = aim !== undefined && "atLeast" in aim ? `; the aim is ${aim.atLeast}` : "";
  return `${value}, between ${low} and ${high}${aimed}`;
}

function linksIn(html: string): readonly string[] {
  return [...html.matchAll(/ (?:href|src)="([^"]*)"/g)].map(([, link = ""]) => link.replaceAll("&amp;", "&"));
}

function idsIn(html: string): ReadonlySet<string> {
  return new Set([...html.matchAll(/ id="([^"]*)"/g)].map(([, id = ""]) => id));
}
