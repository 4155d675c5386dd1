import { posix } from "node:path";
import MarkdownIt from "markdown-it";
import { codeBlock } from "./code-blocks.ts";
import { escape } from "./highlight.ts";
import { breakableName, inlineCode, keepTogether } from "./inline-code.ts";
import { fileOf, slugOf } from "./pages.ts";
import { drawMeasured } from "./charts.ts";
import { drawingOf, type Drawings } from "./drawings.ts";
import { layOutForPhones } from "./signatures.ts";
import { prepareTables } from "./tables.ts";
import type { Measured } from "./measured.ts";

type Token = ReturnType<ReturnType<typeof MarkdownIt>["parse"]>[number];

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
  /** The drawings of the pages. */
  readonly drawings: Drawings;
  /** The code of examples as phones show it, by the code. */
  readonly narrow: ReadonlyMap<string, string>;
  /** The address of the description of a name, which is linked where the text has the name as code. */
  addressOf?(name: string): string | undefined;
  /** HTML that stands in the Markdown as `<!--block 0-->` and so on. */
  readonly blocks?: readonly string[];
}

/** Lays the examples of documents out for phones. */
export async function narrowExamples(texts: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const fences = texts.flatMap((text) => MarkdownIt().parse(text, {})).filter(({ type }) => type === "fence");
  return new Map(
    await Promise.all(
      fences.map(async ({ content, info }) => [content, await layOutForPhones(content, info.trim())] as const),
    ),
  );
}

/** Renders Markdown: links between files lead to pages, headings get ids, and examples that can run say so. */
export function renderMarkdown(text: string, around: Surroundings): Rendered {
  const { source, codes, measured, drawings, narrow, blocks = [] } = around;
  const markdown = MarkdownIt({ html: true, typographer: false });
  // Docstrings name their sources as bare addresses.
  if (around.blocks !== undefined) markdown.set({ linkify: true }).linkify.set({ fuzzyLink: false, fuzzyEmail: false });
  const headings: Heading[] = [];
  let inHeading = false;
  const { rules } = markdown.renderer;

  rules.fence = (tokens, index) => {
    const { info = "", content = "" } = tokens[index] ?? {};
    return codeBlock(content, info.trim(), narrow.get(content));
  };
  // What the documents indent are commands.
  rules.code_block = (tokens, index) => codeBlock(tokens[index]?.content ?? "", "sh");
  rules.table_open = (tokens, index) => {
    const kind = String(tokens[index]?.attrGet("class") ?? "");
    return `<div class="${`table ${kind}`.trim()}" tabindex="0" role="group" aria-label="Table"><table>\n`;
  };
  rules.table_close = () => "</table></div>";
  rules.image = (tokens, index) => {
    const { content = "" } = tokens[index] ?? {};
    return drawingOf(String(tokens[index]?.attrGet("src") ?? ""), content, drawings);
  };
  rules.text = (tokens, index) => keepTogether(escape(tokens[index]?.content ?? ""));
  rules.code_inline = (tokens, index) => {
    const content = tokens[index]?.content ?? "";
    const code = inlineCode(content);
    if (inHeading || isInLink(tokens, index)) return code;
    const address = codes.has(content) ? `errors.html#${content}` : around.addressOf?.(content);
    return address === undefined
      ? code
      : `<a class="code" href="${address.replace(`${fileOf(source)}#`, "#")}">${code}</a>`;
  };
  rules.heading_open = (tokens, index) => {
    const { tag = "h2" } = tokens[index] ?? {};
    const inline = tokens[index + 1];
    inHeading = true;
    const id = uniqueId(takeId(inline) ?? slugOf(inline?.content ?? ""));
    const title = markdown.renderer.render(inline?.children ?? [], markdown.options, {});
    const short = title.replaceAll(/<\/?a[^>]*>|<span class="owner">.*?<\/span><wbr>/g, "");
    const isName = /^[\w.[\]]+$/.test(short);
    headings.push({ id, level: Number(tag.slice(1)), title: isName ? breakableName(short) : short });
    return `<${tag} id="${id}">`;
  };
  rules.heading_close = (tokens, index) => {
    const { tag = "h2" } = tokens[index] ?? {};
    const { id = "" } = headings.at(-1) ?? {};
    inHeading = false;
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
  const html = markdown.renderer
    .render(tokens, markdown.options, {})
    .replaceAll(/<!--block (\d+)-->\n?/g, (_, index: string) => blocks[Number(index)] ?? "");
  return { html: drawMeasured(html, measured), headings };

  function uniqueId(slug: string): string {
    const same = headings.filter(({ id }) => id === slug || id.startsWith(`${slug}-`)).length;
    return same === 0 || headings.every(({ id }) => id !== slug) ? slug : `${slug}-${same}`;
  }
}

/** Takes the id off a heading that ends with one, as in "append {#EventStore.append}". */
function takeId(heading: Token | undefined): string | undefined {
  const last = heading?.children?.at(-1);
  const [all = "", id] = / \{#([^}]+)\}$/.exec(last?.content ?? "") ?? [];
  if (last !== undefined && id !== undefined) last.content = last.content.slice(0, -all.length);
  return id;
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
