import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { escape } from "./highlight.ts";

/** The size of each drawing, in units of its own, by its address: "images/tabs.svg". */
export type Drawings = ReadonlyMap<string, { readonly width: string; readonly height: string }>;

/** Reads the drawings of the pages. */
export function readDrawings(root: string): Drawings {
  const names = readdirSync(join(root, "docs/images"));
  return new Map(
    names.map((name) => {
      const text = readFileSync(join(root, "docs/images", name), "utf8");
      const [, width = "", height = ""] = /viewBox="0 0 (\d+) (\d+)"/.exec(text) ?? [];
      return [`images/${name}`, { width, height }];
    }),
  );
}

/** A drawing as HTML. A phone shows its narrow form: `name.narrow.svg` beside `name.svg`. */
export function drawingOf(source: string, description: string, drawings: Drawings): string {
  const form = source.replace(/\.svg$/, ".narrow.svg");
  const narrow = drawings.has(form) ? `<source media="(max-width: 40rem)" srcset="./${form}"${sizeOf(form)}>` : "";
  const alt = escape(description.replaceAll("\n", " "));
  const picture = `<picture>${narrow}<img src="./${source}"${sizeOf(source)} alt="${alt}"></picture>`;
  return `<span class="drawing" tabindex="0" role="group" aria-label="Picture">${picture}</span>`;

  function sizeOf(name: string): string {
    const { width = "", height = "" } = drawings.get(name) ?? {};
    return width === "" ? "" : ` width="${width}" height="${height}"`;
  }
}
