import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./run-node.ts";

/** README and the pages of `docs`, as paths from the root of the repository. */
export const DOCUMENTS: readonly string[] = [
  "README.md",
  ...readdirSync(join(ROOT, "docs"))
    .filter((name) => name.endsWith(".md"))
    .sort()
    .map((name) => `docs/${name}`),
];

/** The text of all documents. */
export function textOfDocuments(): string {
  return DOCUMENTS.map((path) => readFileSync(join(ROOT, path), "utf8")).join("\n");
}

/** The code of every fenced block in this language, in the order of the documents. */
export function blocksIn(language: string): readonly string[] {
  const fences = textOfDocuments().matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, "gm"));
  return [...fences].map(([, code = ""]) => code);
}

/** The code of the first block in this language that contains a text. */
export function blockWith(language: string, text: string): string {
  const found = blocksIn(language).find((code) => code.includes(text));
  if (found === undefined) throw new Error(`no document has a block of ${language} with ${text}`);
  return found;
}
