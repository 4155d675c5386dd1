import MiniSearch from "minisearch";
import { unescape } from "./highlight.ts";
import type { Rendered } from "./markdown.ts";
import { SEARCH_OPTIONS, type Indexed } from "./search-options.ts";

/** Words that people ask with and that a page or section does not have, or has only in passing. */
const SYNONYMS: Readonly<Record<string, string>> = {
  "append.html#expected-versions": "conflict concurrent writers locking",
  "consumers.html": "lag behind retry attempts subscription",
  "erasure.html": "delete events personal data GDPR forget",
  "first-steps.html": "getting started quickstart tutorial installation introduction hello world",
  "guarantees.html": "order of events ordering durability consistency",
  "limits.html": "maximum size of an event payload stream",
  "operate.html#backups": "restore a backup",
  "upgrade-events.html": "schema migration versioning change the shape of events",
  "what-it-is.html": "what is an event store event sourcing",
};

/** Makes the index of all sections of all pages, as JSON. */
export function indexPages(
  pages: readonly { readonly file: string; readonly title: string; readonly rendered: Rendered }[],
): string {
  const index = new MiniSearch<Indexed>(SEARCH_OPTIONS);
  const synonyms = new Map(Object.entries(SYNONYMS));
  for (const { file, title, rendered } of pages) {
    for (const section of sectionsOf(rendered.html)) {
      const id = section.id === "" ? file : `${file}#${section.id}`;
      const name = section.title === "" ? title : section.title;
      index.add({ id, page: title, title: name, parts: name, text: section.text, synonyms: synonyms.get(id) ?? "" });
      synonyms.delete(id);
    }
  }
  if (synonyms.size > 0) throw new Error(`no section has these addresses: ${[...synonyms.keys()].join(", ")}`);
  return JSON.stringify(index);
}

interface PageSection {
  readonly id: string;
  readonly title: string;
  readonly text: string;
}

/** What a page says twice: code that is laid out for phones, and the list of its names. */
const REPEATED = /<pre class="on-phones"[^>]*>[^]*?<\/pre>|<nav class="names"[^]*?<\/nav>/g;

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
