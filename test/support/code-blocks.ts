import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A fenced block of TypeScript in a document or a docstring. */
export interface CodeBlock {
  /** The document and the line where the code starts, such as "docs/read.md:42". */
  readonly name: string;
  readonly code: string;
  /** Whether the block contains JSX. */
  readonly jsx: boolean;
  /** The expected output: the texts after the arrows in its comments, in order. */
  readonly prints: readonly string[];
}

const FENCE = /^([ \t]*\* |[ \t]*)```ts(x?)\n([^]*?)^[ \t*]*```$/gm;
const ARROW = /\/\/ → (.*)$/gm;

/** Returns the blocks of a document, or of the docstrings of a source file. */
export function codeBlocks(root: string, path: string): CodeBlock[] {
  const text = readFileSync(join(root, path), "utf8");
  return [...text.matchAll(FENCE)].map(({ index, 1: margin = "", 2: jsx, 3: body = "" }) => {
    const line = text.slice(0, index).split("\n").length + 1;
    const code = body
      .split("\n")
      .map((row) => (row.startsWith(margin.trimEnd()) ? row.slice(margin.length) : row))
      .join("\n");
    return {
      name: `${path}:${line}`,
      code,
      jsx: jsx === "x",
      prints: [...code.matchAll(ARROW)].map(([, printed = ""]) => printed),
    };
  });
}

/** Every TypeScript file under a folder of the repository. */
export function sourceFiles(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name));
}
