import { posix } from "node:path";
import MarkdownIt from "markdown-it";
import { runsInPages } from "./examples.ts";
import { escape, highlight } from "./highlight.ts";
import { inlineCode, keepUnits } from "./inline-code.ts";
import { fileOf, slugOf } from "./pages.ts";
import { drawMeasured } from "./charts.ts";
import { drawingOf, type Drawings } from "./drawings.ts";
import { prepareTables } from "./tables.ts";
import type { Measured } from "./measured.ts";

/** A heading of a page. */
export interface Heading {
  readonly id: string;
  readonly level: number;
  /** As HTML. */
  readonly title: string;
}

/** A page as HTML. */
export interface Rendered {
  readonly html: string;
  readonly headings: readonly Heading[];
}

/** What a page needs to know of the others. */
export interface Surroundings {
  /** The file of the Markdown, as a path from the root. */
  readonly source: string;
  /** The error codes, which are linked to their descriptions. */
  readonly codes: ReadonlySet<string>;
  /** What the benchmark measured, which is drawn beside its tables. */
  readonly measured: Measured;
  readonly drawings: Drawings;
}

/** Renders Markdown: links between files lead to pages, headings get ids, and examples that can run say so. */
export function renderMarkdown(text: string, { source, codes, measured, drawings }: Surroundings): Rendered {
  const markdown = MarkdownIt({ html: true, typographer: false });
  const headings: Heading[] = [];
  const { rules } = markdown.renderer;

  rules.fence = (tokens, index) => {
    const { info = "", content = "" } = tokens[index] ?? {};
    return codeBlock(content, info.trim());
  };
  rules.code_block = (tokens, index) => codeBlock(tokens[index]?.content ?? "", "");
  rules.table_open = (tokens, index) => {
    const kind = String(tokens[index]?.attrGet("class") ?? "");
    return `<div class="${`table ${kind}`.trim()}" tabindex="0" role="group" aria-label="Table"><table>\n`;
  };
  rules.table_close = () => "</table></div>";
  rules.image = (tokens, index) => {
    const { content = "" } = tokens[index] ?? {};
    return drawingOf(String(tokens[index]?.attrGet("src") ?? ""), content, drawings);
  };
  rules.text = (tokens, index) => keepUnits(escape(tokens[index]?.content ?? ""));
  rules.code_inline = (tokens, index) => {
    const content = tokens[index]?.content ?? "";
    const code = inlineCode(content);
    return codes.has(content) && !isInLink(tokens, index) && source !== "docs/errors.md"
      ? `<a class="code" href="errors.html#${content}">${code}</a>`
      : code;
  };
  rules.heading_open = (tokens, index) => {
    const { tag = "h2" } = tokens[index] ?? {};
    const inline = tokens[index + 1];
    const id = uniqueId(slugOf(inline?.content ?? ""));
    const title = markdown.renderer.render(inline?.children ?? [], markdown.options, {});
    headings.push({ id, level: Number(tag.slice(1)), title: title.replaceAll(/<\/?a[^>]*>/g, "") });
    return `<${tag} id="${id}">`;
  };
  rules.heading_close = (tokens, index) => {
    const { tag = "h2" } = tokens[index] ?? {};
    const { id = "" } = headings.at(-1) ?? {};
    const anchor = tag === "h1" ? "" : ` <a class="anchor" href="#${id}" aria-label="Link to this section">#</a>`;
    return `${anchor}</${tag}>\n`;
  };
  rules.link_open = (tokens, index, options, _, self) => {
    const token = tokens[index];
    const target = String(token?.attrGet("href") ?? "");
    token?.attrSet("href", addressOf(target, source));
    if (/^https?:/.test(target)) token?.attrSet("rel", "noreferrer");
    return self.renderToken(tokens, index, options);
  };

  const tokens = markdown.parse(text, {});
  prepareTables(tokens);
  return { html: drawMeasured(markdown.renderer.render(tokens, markdown.options, {}), measured), headings };

  function uniqueId(slug: string): string {
    const same = headings.filter(({ id }) => id === slug || id.startsWith(`${slug}-`)).length;
    return same === 0 || headings.every(({ id }) => id !== slug) ? slug : `${slug}-${same}`;
  }
}

function isInLink(tokens: readonly { readonly type: string }[], index: number): boolean {
  const before = tokens.slice(0, index).map(({ type }) => type);
  return before.lastIndexOf("link_open") > before.lastIndexOf("link_close");
}

/** The address of a page for a link between files. */
function addressOf(target: string, source: string): string {
  if (/^(?:https?:|#)/.test(target)) return target;
  const [file = "", heading] = target.split("#");
  const page = fileOf(posix.join(posix.dirname(source), file));
  return heading === undefined ? page : `${page}#${heading}`;
}

/** A block of code; one that can run carries what it needs for that. */
export function codeBlock(code: string, language: string): string {
  const shown = highlight(code.replace(/\n$/, ""), language);
  const block = `<pre tabindex="0"><code>${shown}</code></pre>`;
  // Signatures of the reference are read, not copied: they wrap.
  const kind = language === "typescript" ? "block wraps" : "block";
  if (!runsInPages(language, code)) return `<div class="${kind}">${block}</div>\n`;
  return `<div class="block runs" data-language="${language}">${block}</div>\n`;
}
