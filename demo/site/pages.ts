import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A page of the site that is made from a Markdown file. */
export interface Page {
  /** The file, as a path from the root of the repository. */
  readonly source: string;
  /** The page's own address in the folder of the site, such as "append.html". */
  readonly file: string;
  readonly title: string;
  /** One sentence on what it is about. */
  readonly about: string;
}

/** A part of the navigation. */
export interface Section {
  readonly title: string;
  readonly pages: readonly Page[];
}

const ENTRY = /^- \[([^\]]+)\]\(([^)]+)\)(?:: ([^]*?))?$/;

/** Reads the order of the pages from `docs/index.md`, where each part is a list of links with a description. */
export function readSections(root: string): readonly Section[] {
  const text = readFileSync(join(root, "docs/index.md"), "utf8");
  const [, ...parts] = text.split(/^## /m);
  return parts.map((part) => {
    const [title = "", ...lines] = part.trim().split("\n");
    const items = lines
      .join("\n")
      .split(/\n(?=- )/)
      .map((item) => ENTRY.exec(item.trim()))
      .filter((match) => match !== null);
    return { title, pages: items.map(([, name = "", link = "", about = ""]) => toPage(name, link, about)) };
  });
}

function toPage(title: string, link: string, about: string): Page {
  const source = link.startsWith("../") ? link.slice("../".length) : `docs/${link}`;
  return { source, file: fileOf(source), title, about: about.replaceAll("\n", " ").replaceAll("  ", " ") };
}

/** The address of the page that is made from a Markdown file. */
export function fileOf(source: string): string {
  if (source === "README.md") return "index.html";
  return source
    .replace(/^docs\//, "")
    .toLowerCase()
    .replace(/\.md$/, ".html");
}

/** The name of a heading in addresses, as forges make it. */
export function slugOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}_\- ]/gu, "")
    .replaceAll(" ", "-");
}
