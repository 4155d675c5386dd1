import MiniSearch from "minisearch";
import { unescape } from "./highlight.ts";
import type { Rendered } from "./markdown.ts";
import { SEARCH_OPTIONS, type Found } from "./search-options.ts";

/** Makes the index of all sections of all pages, as JSON. */
export function indexPages(
  pages: readonly { readonly file: string; readonly title: string; readonly rendered: Rendered }[],
): string {
  const index = new MiniSearch<Found>(SEARCH_OPTIONS);
  for (const { file, title, rendered } of pages) {
    for (const section of sectionsOf(rendered.html)) {
      index.add({
        id: section.id === "" ? file : `${file}#${section.id}`,
        page: title,
        title: section.title === "" ? title : section.title,
        text: section.text,
      });
    }
  }
  return JSON.stringify(index);
}

interface PageSection {
  readonly id: string;
  readonly title: string;
  readonly text: string;
}

/** What a page says twice: code that is laid out for phones, and the list of its names. */
const REPEATED = /<pre class="on-phones">[^]*?<\/pre>|<nav class="names"[^]*?<\/nav>/g;

/** Divides a page at its headings. The first section, below the page's own title, has no id. */
function sectionsOf(html: string): readonly PageSection[] {
  const parts = html.replaceAll(REPEATED, "").split(/<h[1-4] id="/);
  return parts
    .slice(1)
    .map((part, index) => {
      const [, id = "", title = "", rest = ""] = /^([^"]*)">([^]*?)<\/h[1-4]>([^]*)$/.exec(part) ?? [];
      return {
        id: index === 0 ? "" : id,
        title: textOf(title.replace(/<a class="anchor"[^]*$/, "")),
        text: textOf(rest),
      };
    })
    .filter(({ title, text }) => title !== "" || text !== "");
}

function textOf(html: string): string {
  // The colours of code are no word boundaries.
  const inline = html.replaceAll(/<svg[^]*?<\/svg>/g, " ").replaceAll(/<\/?(?:a|code|em|span|strong|wbr)\b[^>]*>/g, "");
  const text = inline.replaceAll(/<[^>]+>/g, " ");
  return unescape(text).replaceAll(/\s+/g, " ").trim();
}
