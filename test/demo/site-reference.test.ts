/** The pages of the site that are made from the docstrings. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { errorCodes } from "../../demo/site/bundle-client.ts";
import { unescape } from "../../demo/site/highlight.ts";
import { makeDocuments } from "../support/documents-site.ts";
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

/** Names that are also exported by another entry point, for another type. */
const NAMESAKES: ReadonlySet<string> = new Set(["Given", "RuntimeSignal"]);

const pages = new Map<string, string>();
let described: readonly Described[];

beforeAll(async () => {
  const files = await makeDocuments();
  for (const name of readdirSync(files.folder).filter((each) => /^api-.*\.html$/.test(each))) {
    pages.set(name, readFileSync(join(files.folder, name), "utf8"));
  }
  files.remove();
  described = [...pages].flatMap(([page, html]) => describedIn(page, html));
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

  test("every type of a declaration that is described somewhere is linked", () => {
    const known = new Set(described.map(({ of }) => of).filter((name) => !NAMESAKES.has(name)));
    const unlinked = described.flatMap(({ name, of, wide, head }) => {
      const parameters = new Set(
        [...textOf(head + wide).matchAll(/[<,(]\s*(?:const )?(\w+)(?= extends | = |,|>)/g)].map(([, one]) => one),
      );
      const rest = wide.replaceAll(/<a [^>]*>.*?<\/a>|<span class="hljs-(?:string|comment)">[^]*?<\/span>/g, "");
      const types = [...textOf(rest).matchAll(/(?<![.\w])[A-Z]\w+/g)].map(([type]) => type);
      return types
        .filter((type) => known.has(type) && type !== of && !parameters.has(type))
        .map((type) => `${name}: ${type}`);
    });

    expect(described.filter(({ wide }) => wide.includes("<a href=")).length).toBeGreaterThan(400);
    expect(unlinked).toEqual([]);
  });

  test("declarations are laid out for desks and for phones", () => {
    const tooLong = described.flatMap(({ name, wide, narrow }) => [
      ...longLines(wide, WIDE).map((line) => `${name}: ${line}`),
      ...longLines(narrow, NARROW).map((line) => `${name}, phone: ${line}`),
    ]);
    expect(tooLong).toEqual([]);
  });

  test("examples are laid out for desks and for phones: only texts in quotes are longer", () => {
    const tooLong = [...pages].flatMap(([page, html]) =>
      [...html.matchAll(/<div class="block wraps">([^]*?)<\/div>/g)].flatMap(([, block = ""]) => {
        const { wide, narrow } = bothOf(block);
        return [...longLines(wide, WIDE), ...longLines(narrow, NARROW)].map((line) => `${page}: ${line}`);
      }),
    );
    expect(tooLong.filter((line) => !/(["`]).{20,}\1/.test(line))).toEqual([]);
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
    expect(described.filter(({ html }) => /<strong>Errors:.*href="errors\.html#/.test(html)).length).toBeGreaterThan(
      100,
    );
  });
});

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

/** The lines that are longer than this, unless they are a single word or a text, which nothing can break. */
function longLines(html: string, most: number): readonly string[] {
  return textOf(html)
    .split("\n")
    .filter((line) => line.length > most && !/^\s*(?:\/\/ )?\S+$/.test(line));
}

function listOf(page: string): string {
  const [list = ""] = /<nav class="names"[^]*?<\/nav>/.exec(pages.get(page) ?? "") ?? [];
  return list;
}

function textOf(html: string): string {
  return unescape(html.replaceAll(/<[^>]+>/g, ""));
}
