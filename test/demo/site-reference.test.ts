/** The pages of the site that are made from the docstrings. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { errorCodes } from "../../demo/site/bundle-client.ts";
import { unescape } from "../../demo/site/highlight.ts";
import { makeDocuments, openDocuments, type DocumentsFiles, type OpenDocuments } from "../support/documents-site.ts";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import { findCovered } from "../support/looks.ts";
import { ROOT } from "../support/run-node.ts";

/** A name that a page describes: an export, or a member of one. */
interface Described {
  readonly page: string;
  readonly id: string;
  /** Such as "EventStore.append". */
  readonly name: string;
  /** The export. */
  readonly of: string;
  readonly html: string;
  /** The declaration as HTML, as desks and as phones show it. */
  readonly wide: string;
  readonly narrow: string;
  /** The declaration of the export, without its members. */
  readonly head: string;
}

/** The longest lines on a desk and on a phone, in characters. */
const WIDE = 84;
const NARROW = 44;

/** The types of TypeScript and of runtimes that declarations name. */
const OF_THE_LANGUAGE =
  "AbortSignal ArrayBuffer AsyncDisposable AsyncIterable AsyncIterableIterator AsyncIterator BufferSource Date Error HTMLElement " +
  "Iterable NoInfer Omit Partial Pick Promise PromiseLike PropertyKey Readonly ReadonlyMap Record RegExp Response Symbol TemplateStringsArray URL " +
  "Uint8Array Uppercase WebAssembly Worker";

/** Those of other libraries: React, Vue, Solid, Kysely, OpenTelemetry. */
const OF_LIBRARIES = "ReactNode ComputedRef MaybeRefOrGetter Accessor CompiledQuery Compilable Kysely Meter Tracer";

const pages = new Map<string, string>();
let files: DocumentsFiles;
let described: readonly Described[];

beforeAll(async () => {
  files = await makeDocuments();
  for (const name of readdirSync(files.folder).filter((each) => /^api-.*\.html$/.test(each))) {
    pages.set(name, readFileSync(join(files.folder, name), "utf8"));
  }
  described = [...pages].flatMap(([page, html]) => describedIn(page, html));
  return () => files.remove();
});

describe("the reference", () => {
  test("every page names the file whose exports it describes, and has a guide or is for adapters", () => {
    const sources = [...pages].map(([page, html]) => {
      const [, file = ""] = /<p class="source">[^<]*<code>([^<]+)<\/code>/.exec(html) ?? [];
      return {
        page,
        isThere: file.endsWith(".ts") && existsSync(join(ROOT, file)),
        guided: /<p>Guides?: <a/.test(html),
      };
    });

    expect(sources.length).toBeGreaterThan(25);
    expect(sources.filter(({ isThere }) => !isThere)).toEqual([]);
    expect(sources.filter(({ guided }) => !guided).map(({ page }) => page)).toEqual(["api-rivulet-adapter.html"]);
  });

  test("every page begins with a list of all that its entry point exports, and each name has one description", () => {
    const names = new Map<string, string[]>();
    for (const { page, name } of described) names.set(name, [...(names.get(name) ?? []), page]);
    const missing = described.filter(
      ({ page, id, name, of }) => name === of && !listOf(page).includes(`href="#${id}"`),
    );

    expect(described.length).toBeGreaterThan(900);
    expect(missing.map(({ page, name }) => `${page}: ${name}`)).toEqual([]);
    expect(listOf("api-rivulet.html")).toContain('href="api-rivulet-consumers.html#Consumer"');
    for (const name of ["EventStore.append", "Consumer", "Projection.initial", "EventStoreError"]) {
      expect(names.get(name), name).toHaveLength(1);
    }
  });

  test("every heading has the address that its name makes, which stays when others are added", () => {
    const others = described.filter(({ id, name }) => id !== name.replaceAll(/[^\w.-]/g, ""));
    expect(others.map(({ page, id, name }) => `${page}#${id}: ${name}`)).toEqual([]);
    expect(described.map(({ id }) => id)).toEqual(expect.arrayContaining(["EventStore.append", "ReadOptions.limit"]));
  });

  test("every type that a declaration names leads to its description, unless it is of the language or of a library", () => {
    const others = new Set(`${OF_THE_LANGUAGE} ${OF_LIBRARIES}`.split(" "));
    const unlinked = described.flatMap(({ name, of, wide, head }) => {
      const parameters = new Set([...parametersIn(textOf(head)), ...parametersIn(textOf(wide))]);
      const rest = textOf(wide.replaceAll(/<a [^>]*>.*?<\/a>/g, "")).replaceAll(/"[^"]*"|`[^`]*`|\/\/.*/g, "");
      const types = [...rest.matchAll(/(?<![.\w])[A-Z]\w+/g)].map(([type]) => type);
      return types
        .filter((type) => type !== of && name !== `${of}.${type}` && !parameters.has(type) && !others.has(type))
        .map((type) => `${name}: ${type}`);
    });

    expect(described.filter(({ wide }) => wide.includes("<a href=")).length).toBeGreaterThan(400);
    expect(unlinked).toEqual([]);
  });

  test("a type that nobody exports is described on the page that names it, and listed as one that cannot be imported", () => {
    const list =
      listOf("api-rivulet.html")
        .split("<h2>")
        .find((part) => part.includes("cannot be imported")) ?? "";
    expect(textOf(list)).toContain("StoredEventOf");
    const { html = "" } = described.find(({ name }) => name === "StoredEventOf") ?? {};
    expect(html).toContain("A stored event of one type");
    expect(described.find(({ name }) => name === "StoredEvent")?.wide).toContain('<a href="#StoredEventOf">');
  });

  test("declarations are laid out for desks and for phones", () => {
    const tooLong = described.flatMap(({ name, wide, narrow }) => [
      ...longLines(wide, WIDE).map((line) => `${name}: ${line}`),
      ...longLines(narrow, NARROW).map((line) => `${name}, phone: ${line}`),
    ]);
    expect(tooLong).toEqual([]);
  });

  test("no optional property says that it may be undefined, but what a call returns does", () => {
    const texts = described.map(({ name, wide }) => ({ name, text: textOf(wide) }));
    const wordy = texts.filter(({ text }) => /\?:(?:[^;{}()]|\{[^{}]*\})*\| undefined;/.test(text));
    expect(wordy.map(({ name }) => name)).toEqual([]);
    expect(texts.find(({ name }) => name === "StoreContext.useStore")?.text).toContain("Opened | undefined");
  });

  test("examples are laid out for desks and for phones", () => {
    const tooLong = [...pages].flatMap(([page, html]) =>
      [...html.matchAll(/<div class="block wraps">([^]*?)<\/div>/g)].flatMap(([, block = ""]) => {
        const { wide, narrow } = bothOf(block);
        return [...longLines(wide, WIDE), ...longLines(narrow, NARROW)].map((line) => `${page}: ${line}`);
      }),
    );
    expect(tooLong).toEqual([]);
  });

  test("examples on phones keep the names of a loop together, and await nothing in brackets of several lines", () => {
    const loops: string[] = [];
    const spread: string[] = [];
    for (const [page, html] of pages) {
      for (const [, block = ""] of html.matchAll(/<div class="block wraps">([^]*?)<\/div>/g)) {
        const code = textOf(bothOf(block).narrow);
        loops.push(...(code.match(/^ *for .*\n +of .*/gm) ?? []));
        spread.push(...(code.match(/^.*await \(\n.*|^ *\} of .*/gm) ?? []).map((line) => `${page}: ${line}`));
      }
    }
    expect(spread).toEqual([]);
    expect(loops).toContain("for (const { position, message }\n  of await consumer.parked()) {");
  });

  test("nothing internal is shown, and every export and member that is not for adapters has a description", () => {
    const bare = described.filter(
      ({ page, name, of, html }) => !/<p>/.test(html) && !(page === "api-rivulet-adapter.html" && name !== of),
    );
    expect(bare.map(({ page, name }) => `${page}: ${name}`)).toEqual([]);
    expect([...pages].filter(([, html]) => /_rivulet|\{@/.test(html)).map(([page]) => page)).toEqual([]);
  });

  test("every code of an error is linked to its description", () => {
    const codes = errorCodes(ROOT);
    const unlinked = described.flatMap(({ name, html }) => {
      const rest = html.replaceAll(/<a [^>]*>.*?<\/a>/g, "");
      return [...rest.matchAll(/<code>([a-z-]+)<\/code>/g)]
        .filter(([, code = ""]) => codes.has(code))
        .map(([, code]) => `${name}: ${code}`);
    });
    expect(unlinked).toEqual([]);
    const repeated = described.filter(({ html }) => /(<p><strong>Errors:.*<\/p>)\n*\1/.test(html));
    expect(repeated.map(({ name }) => name)).toEqual([]);
    expect(described.filter(({ html }) => /<strong>Errors:.*href="errors\.html#/.test(html)).length).toBeGreaterThan(
      100,
    );
  });
});

describe.skipIf(mayBeLeftOut("chromium"))("the reference in a browser", () => {
  let opened: OpenDocuments;
  let page: Page;

  beforeAll(async () => {
    opened = await openDocuments(files);
    ({ page } = opened);
    return () => opened.close();
  });

  test(
    "code is not broken within its lines at any width, and can be copied on touch screens",
    { timeout: 300_000 },
    async () => {
      const touch = await page.context().newCDPSession(page);
      await touch.send("Emulation.setTouchEmulationEnabled", { enabled: true });
      // On touch screens, scrollbars take no room.
      await touch.send("Emulation.setScrollbarsHidden", { hidden: true });
      let blocks = 0;
      for (const name of pages.keys()) {
        await page.goto(`${opened.root}/${name}`);
        if (pages.get(name)?.includes("block wraps")) {
          await page.locator(".block.wraps .copy").first().waitFor({ state: "attached" });
        }
        for (const width of [360, 880, 1024, 1200]) {
          await page.setViewportSize({ width, height: 800 });
          const { shown, ...spoilt } = await page.evaluate(findSpoilt);
          blocks += shown;
          expect(spoilt, `${name} at ${width} px`).toEqual({ broken: [], uncopied: [], names: [], uneven: [] });
        }
      }
      // As many at each width.
      expect(blocks).toBeGreaterThan(4 * 1_000);
      await page.goto(opened.urlOf("api-rivulet"));
      expect(await page.evaluate(findCovered)).toEqual([]);
      await page.setViewportSize({ width: 1440, height: 800 });
      expect((await page.evaluate(findSpoilt)).uneven).toEqual([]);
    },
  );
});

/**
 * Runs in a page: finds code that has more lines on the screen than in its text, examples whose button to copy them cannot be seen,
 * names and words that are broken, or begin with an empty line, and examples and declarations that are not as wide as the first of the page.
 */
function findSpoilt(): { shown: number; broken: string[]; uncopied: string[]; names: string[]; uneven: string[] } {
  const all = (selector: string): HTMLElement[] => [...document.querySelectorAll<HTMLElement>(selector)];
  const shown = all(".wraps pre code").filter((code) => code.clientHeight > 0);
  const broken = shown.filter((code) => {
    const lines = code.innerText.trimEnd().split("\n").length;
    return code.clientHeight > (lines + 0.5) * parseFloat(getComputedStyle(code).lineHeight);
  });
  const uncopied = all(".block.wraps").filter((block) => {
    const button = block.querySelector(".copy");
    return button === null || button.clientHeight === 0 || getComputedStyle(button).opacity !== "1";
  });
  const linesOf = (node: Node): readonly number[] => {
    const range = document.createRange();
    range.selectNodeContents(node);
    return [...new Set([...range.getClientRects()].map(({ top }) => Math.round(top)))];
  };
  const names = all(".outline a, .names a, .prose h2, .prose h3").filter((one) => {
    const texts = document.createTreeWalker(one, NodeFilter.SHOW_TEXT);
    const parts: Node[] = [];
    while (texts.nextNode() !== null) parts.push(texts.currentNode);
    const [first] = parts.flatMap(linesOf);
    const { paddingTop, lineHeight } = getComputedStyle(one);
    const room = (first ?? 0) - one.getBoundingClientRect().top - parseFloat(paddingTop);
    const isBroken = parts.some((part) => !/\s/.test(part.textContent ?? "") && linesOf(part).length > 1);
    return one.clientHeight > 0 && (room > 0.8 * parseFloat(lineHeight) || isBroken);
  });
  const words = all(".prose p, .prose li").filter((one) => {
    const texts = document.createTreeWalker(one, NodeFilter.SHOW_TEXT);
    while (texts.nextNode() !== null) {
      const text = texts.currentNode as Text;
      for (const { 0: word, index } of text.data.matchAll(/\S{20,}/g)) {
        const range = document.createRange();
        range.setStart(text, index);
        range.setEnd(text, index + word.length);
        if (new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size > 1) return true;
      }
    }
    return false;
  });
  const blocks = all(".wraps");
  const uneven = blocks.filter((block) => block.offsetWidth !== blocks[0]?.offsetWidth);
  const textsOf = (found: readonly HTMLElement[]): string[] => found.map((one) => one.innerText);
  return {
    shown: shown.length,
    broken: textsOf(broken),
    uncopied: textsOf(uncopied),
    names: textsOf([...names, ...words]),
    uneven: textsOf(uneven),
  };
}

function describedIn(page: string, html: string): readonly Described[] {
  const [content = ""] = html.split('<nav class="around"');
  let of = "";
  let head = "";
  return content
    .split(/(?=<h[23] id=")/)
    .slice(1)
    .map((part) => {
      const [, level, id = "", title = ""] = /^<h([23]) id="([^"]*)">(.*?) <a class="anchor"/.exec(part) ?? [];
      const [, declaration = ""] = /<div class="signature wraps">([^]*?)<\/div>/.exec(part) ?? [];
      const { wide, narrow } = bothOf(declaration);
      if (level === "2") {
        of = textOf(title);
        head = wide;
      }
      return { page, id, name: textOf(title), of, html: part, wide, narrow, head };
    });
}

/** The code of a block as HTML, as desks and as phones show it. */
function bothOf(block: string): { readonly wide: string; readonly narrow: string } {
  const [, wide = ""] = /<pre(?: class="on-desks")?><code>([^]*?)<\/code>/.exec(block) ?? [];
  const [, narrow = wide] = /<pre class="on-phones"><code>([^]*?)<\/code>/.exec(block) ?? [];
  return { wide, narrow };
}

function longLines(html: string, most: number): readonly string[] {
  return textOf(html)
    .split("\n")
    .filter((line) => line.length > most);
}

/** The type parameters that a declaration has, and those of the methods and functions within it. */
function parametersIn(text: string): readonly string[] {
  const inferred = [...text.matchAll(/\binfer (\w+)|\[(\w+) in /g)].map(([, one, other]) => one ?? other ?? "");
  const begun = [...text.matchAll(/(^(?:\w+ )?[\w.[\]]+\??|^ +\w+|[:=(|]\s*)</gm)];
  const declared = begun.flatMap(({ 0: start, 1: before = "", index }) => {
    const list = balanced(text.slice(index + start.length));
    const isMethod = text.startsWith(">(", index + start.length + list.length);
    return before.startsWith(" ") && !isMethod ? [] : list.split(/,(?![^<]*>)/);
  });
  return [...inferred, ...declared.map((one) => /^\s*(?:const )?(\w+)/.exec(one)?.[1] ?? "")];
}

/** What is before the bracket that closes the one before the text. */
function balanced(text: string): string {
  let depth = 1;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "<") depth += 1;
    if (text[at] === ">" && text[at - 1] !== "=" && (depth -= 1) === 0) return text.slice(0, at);
  }
  return text;
}

function listOf(page: string): string {
  const [list = ""] = /<nav class="names"[^]*?<\/nav>/.exec(pages.get(page) ?? "") ?? [];
  return list;
}

function textOf(html: string): string {
  return unescape(html.replaceAll(/<[^>]+>/g, ""));
}
