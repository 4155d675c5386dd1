import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundleClient, errorCodes } from "./bundle-client.ts";
import { readDrawings } from "./drawings.ts";
import { homePage, type Home } from "./home.ts";
import { layOut, type Sheet } from "./layout.ts";
import { narrowExamples, renderMarkdown, type Rendered } from "./markdown.ts";
import type { Measured } from "./measured.ts";
import { notFoundSheet } from "./not-found.ts";
import { PREVIEW } from "./preview.ts";
import { readSections, type Page, type Section } from "./pages.ts";
import { readReference } from "./read-reference.ts";
import { referencePages, type MadePage } from "./reference-pages.ts";
import { indexPages } from "./search-index.ts";

export interface SiteOptions {
  /** The root of the repository, which is built. */
  readonly root: string;
  /** The folder of the site; what is there is removed. */
  readonly out: string;
  /** The address at which the page of the counters is served, and the site below it; undefined if nothing of it is known. */
  readonly address?: URL | undefined;
}

/** Pages whose tables or drawings need the width. */
const WIDE: ReadonlySet<string> = new Set([
  "docs/comparison.md",
  "docs/how-it-works.md",
  "docs/performance.md",
  "docs/tested.md",
]);

/** Pages that are linked, but stand in no list. */
const FURTHER: readonly Page[] = [
  {
    source: "THIRD-PARTY.md",
    file: "third-party.html",
    title: "Licences of others",
    about: "What the package contains of others.",
  },
];

/** Builds the site: the pages of `docs`, the reference, the search, and what runs in the pages. */
export async function buildSite({ root, out, address }: SiteOptions): Promise<void> {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const assets = { ...(await bundleClient(root, out)), address: address && new URL("docs/", address) };
  for (const images of ["docs/images", "demo/site/images"]) {
    cpSync(join(root, images), join(out, "images"), { recursive: true });
  }
  for (const name of ["icon.svg", "theme.js", PREVIEW.file])
    cpSync(join(root, "demo/page/public", name), join(out, name));

  const listed = readSections(root);
  const documents = [...listed.flatMap((section) => section.pages), ...FURTHER].map((page) => ({
    page,
    text: readFileSync(join(root, page.source), "utf8"),
  }));
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const around = {
    codes: errorCodes(root),
    measured: JSON.parse(readFileSync(join(root, "docs/performance.json"), "utf8")) as Measured,
    drawings: readDrawings(root),
    narrow: await narrowExamples([readme, ...documents.map(({ text }) => text)]),
  };
  const made = await referencePages(readReference(root));
  const sections = [...listed, { title: "API reference", pages: made.map(toPage) }];
  const pages: readonly { readonly page: Page; readonly rendered: Rendered; readonly source?: string }[] = [
    ...documents.map(({ page, text }) => ({
      page,
      rendered: renderMarkdown(text, { source: page.source, ...around }),
      source: page.source,
    })),
    ...made.map((one) => ({
      page: toPage(one),
      rendered: renderMarkdown(one.markdown, { source: "docs/api.md", ...one, ...around }),
      declaredIn: one.declaredIn,
    })),
  ];

  const firstSteps = readFileSync(join(root, "docs/first-steps.md"), "utf8");
  writePage(homeSheet({ readme, firstSteps, sections, ...around }), sections);
  writePage(notFoundSheet(sections), sections);
  for (const { page, rendered, ...source } of pages) {
    writePage({ ...page, ...rendered, ...source, wide: WIDE.has(page.source) }, sections);
  }
  const index = indexPages(pages.map(({ page, rendered }) => ({ file: page.file, title: page.title, rendered })));
  writeFileSync(join(out, "search.json"), index);

  function writePage(sheet: Sheet, all: readonly Section[]): void {
    writeFileSync(join(out, sheet.file), layOut(sheet, all, assets));
  }
}

function toPage({ file, title, about }: MadePage): Page {
  return { source: "", file, title, about };
}

function homeSheet(home: Home): Sheet {
  return {
    file: "index.html",
    title: "rivulet",
    about: "An event store that lives inside your application.",
    html: homePage(home),
    headings: [],
    wide: true,
  };
}
