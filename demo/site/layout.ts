import { createHash } from "node:crypto";
import { escape } from "./highlight.ts";
import type { Heading } from "./markdown.ts";
import type { Page, Section } from "./pages.ts";
import { headText, previewTags } from "./preview.ts";

/** The files that every page loads. */
export interface Assets {
  readonly script: string;
  readonly styles: readonly string[];
  /** The modules that examples import, as an import map. */
  readonly imports: Readonly<Record<string, string>>;
  /** The address of the site's folder, if it is known. */
  readonly address?: URL | undefined;
}

/** What differs from page to page. */
export interface Sheet {
  readonly file: string;
  readonly title: string;
  readonly about: string;
  readonly html: string;
  readonly headings: readonly Heading[];
  /** The Markdown that the page is made from; undefined if there is none. */
  readonly source?: string;
  /** The file whose exports the page describes, for a page of the reference. */
  readonly declaredIn?: string;
  /** A page without a list of its headings, over the whole width. */
  readonly wide?: boolean;
  /** Runs before anything is loaded, and may change the base of the page's addresses. */
  readonly script?: string;
}

const WAVES = `<svg viewBox="0 0 32 32" aria-hidden="true"><path d="M3 12c4.3-5 8.7-5 13 0s8.7 5 13 0M3 21c4.3-5 8.7-5 13 0s8.7 5 13 0"/></svg>`;

/** A whole page. Everything that it loads comes from the site itself, and its policy allows nothing else. */
export function layOut(sheet: Sheet, sections: readonly Section[], assets: Assets): string {
  const title = sheet.file === "index.html" ? "rivulet" : `${sheet.title} · rivulet`;
  const map = JSON.stringify({ imports: assets.imports });
  const styles = assets.styles.map((href) => `<link rel="stylesheet" href="${href}">`).join("\n    ");
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta http-equiv="Content-Security-Policy" content="${policyFor(map, sheet.script)}">
    ${sheet.script === undefined ? "" : `<base href="./"><script>${sheet.script}</script>`}
    <title>${escape(title)}</title>
    <meta name="description" content="${escape(sheet.about)}">
    ${sheet.script === undefined ? headText(previewTags({ ...sheet, title }, assets.address)) : ""}
    <meta name="color-scheme" content="light dark">
    <link rel="icon" href="./icon.svg" type="image/svg+xml">
    <script src="./theme.js"></script>
    ${styles}
    <script type="importmap">${map}</script>
    <script type="module" src="${assets.script}"></script>
  </head>
  <body${sheet.wide === true ? ' class="wide-page"' : ""}>
    <a class="skip" href="#content">Skip to the content</a>
    <header class="bar">
      <button class="menu-button" type="button" aria-expanded="false" aria-controls="menu" hidden>Menu</button>
      <a class="brand" href="./index.html">${WAVES}rivulet</a>
      <div class="search" id="search"></div>
      <a class="counters" href="../index.html">Live counters</a>
      <span id="theme"></span>
    </header>
    <div class="frame">
      <nav class="menu" id="menu" aria-label="Pages">${menu(sheet.file, sections)}</nav>
      <main id="content" tabindex="-1">
        <article class="prose">${sheet.html}</article>
        ${aroundOf(sheet.file, sections)}
        ${originOf(sheet)}
      </main>
      ${outline(sheet)}
    </div>
  </body>
</html>
`;
}

function originOf({ source, declaredIn }: Sheet): string {
  if (declaredIn !== undefined) {
    return `<p class="source">This page is made from the docstrings of what <code>${declaredIn}</code> exports, as editors show them.</p>`;
  }
  if (source === undefined) return "";
  return `<p class="source">This page is <code>${source}</code> in the repository and in the package.</p>`;
}

/** An import path is broken after its slashes. */
function breakable(title: string): string {
  return escape(title).replaceAll("/", "/<wbr>");
}

function policyFor(map: string, script: string | undefined): string {
  const inline = [map, ...(script === undefined ? [] : [script])].map(hashOf).join(" ");
  return [
    "default-src 'self'",
    // SQLite is WebAssembly, and an example that was edited is a module of its own.
    `script-src 'self' blob: 'wasm-unsafe-eval' ${inline}`,
    "img-src 'self' data:",
    "object-src 'none'",
    `base-uri ${script === undefined ? "'none'" : "'self'"}`,
    "form-action 'none'",
  ].join("; ");
}

function hashOf(script: string): string {
  return `'sha256-${createHash("sha256").update(script).digest("base64")}'`;
}

function menu(current: string, sections: readonly Section[]): string {
  const parts = sections.map(
    ({ title, pages }) =>
      `<section><h2>${title}</h2>
<ul>${pages.map((page) => menuItem(page, current)).join("")}</ul></section>`,
  );
  return `${parts.join("\n")}
<section class="elsewhere"><ul><li><a href="../index.html">Live counters</a></li></ul></section>`;
}

function menuItem({ file, title }: Page, current: string): string {
  const mark = file === current ? ' aria-current="page"' : "";
  return `<li><a href="./${file}"${mark}>${escape(title)}</a></li>`;
}

function outline({ headings, wide }: Sheet): string {
  const shown = headings.filter(({ level }) => level === 2 || level === 3);
  if (wide === true || shown.length < 2) return `<div class="outline"></div>`;
  const items = shown.map(({ id, level, title }) => `<li class="level-${level}"><a href="#${id}">${title}</a></li>`);
  return `<nav class="outline" aria-label="On this page"><h2>On this page</h2><ul>${items.join("")}</ul></nav>`;
}

/** The pages before and after this one, in the order of the menu. */
function aroundOf(current: string, sections: readonly Section[]): string {
  const pages = sections.flatMap((section) => section.pages);
  const index = pages.findIndex(({ file }) => file === current);
  if (index === -1) return "";
  const link = (page: Page | undefined, label: string, kind: string): string =>
    page === undefined
      ? "<span></span>"
      : `<a class="${kind}" href="./${page.file}"><span>${label}</span>${breakable(page.title)}</a>`;
  return `<nav class="around" aria-label="Neighbouring pages">${link(pages[index - 1], "Previous", "before")}${link(pages[index + 1], "Next", "after")}</nav>`;
}
