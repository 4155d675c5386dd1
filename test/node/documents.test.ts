/**
 * Compiles and runs the examples of README and of the pages in `docs`, which have to print exactly the text after their
 * arrows. A block that opens a store is a complete program; any other follows the prelude.
 */
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { isProgram, PRELUDE } from "../../demo/site/examples.ts";
import { codeBlocks, type CodeBlock } from "../support/code-blocks.ts";
import { compileExamples, moduleName } from "../support/compiled-examples.ts";
import { DOCUMENTS } from "../support/documents.ts";
import { ROOT, runNode } from "../support/run-node.ts";
import { temporaryFolder } from "../support/temporary.ts";

const FOLDER = ".build/documents";

/** Files of the shared list and of the components, which Chromium runs; another test compares the two. */
const FILES = /^\/\/ (?:counters|list|hub|main)\.ts\n/;

const WITH_EXAMPLES = [
  "append",
  "commands",
  "consumers",
  "export",
  "inspector",
  "node",
  "postgresql",
  "projections",
  "read",
  "read-models",
  "store",
  "sync",
  "testing",
  "time-travel",
  "upgrade-events",
  "watch",
];

const blocks = DOCUMENTS.flatMap((path) => codeBlocks(ROOT, path)).filter(({ jsx, code }) => !jsx && !FILES.test(code));

beforeAll(() =>
  compileExamples(blocks, { folder: FOLDER, toModule, compilerOptions: { outDir: "compiled" }, extension: "ts" }),
);

test.each(blocks.map((block) => [block.name, block] as const))(
  "%s prints what its comments say",
  async (_name, block) => {
    const script = join(ROOT, FOLDER, "compiled", `${moduleName(block)}.js`);
    const printed = await runNode(script, [], { cwd: temporaryFolder() });
    expect(printed.split("\n").slice(0, -1)).toEqual(block.prints);
  },
);

test("README has a program, and each page on the API an example", () => {
  const pages = new Set(blocks.map(({ name }) => name.slice(0, name.indexOf(":"))));

  expect([...pages]).toEqual(expect.arrayContaining(["README.md", ...WITH_EXAMPLES.map((name) => `docs/${name}.md`)]));
});

function toModule({ code }: CodeBlock): string {
  return isProgram(code) ? code : `${PRELUDE}\n${code}\nawait store.close();\n`;
}
