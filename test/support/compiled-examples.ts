import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CodeBlock } from "./code-blocks.ts";
import { ROOT, runNode } from "./run-node.ts";

export interface ExampleOptions {
  /** Where the modules come to be, as `moduleName` says. Whatever is there goes. */
  readonly folder: string;
  readonly toModule: (block: CodeBlock) => string;
  /** What differs from a strict program of Node. */
  readonly compilerOptions?: object;
  readonly extension: "ts" | "tsx";
}

/** Makes a module of each block, and compiles all of them, strictly: rejects with what the compiler says. */
export async function compileExamples(blocks: readonly CodeBlock[], options: ExampleOptions): Promise<void> {
  const { toModule, compilerOptions, extension } = options;
  const folder = join(ROOT, options.folder);
  const configuration = {
    extends: "../../tsconfig.json",
    compilerOptions: {
      composite: false,
      declaration: false,
      isolatedDeclarations: false,
      noUnusedLocals: false,
      noUnusedParameters: false,
      types: ["node"],
      lib: ["es2022", "esnext.disposable"],
      rootDir: ".",
      ...compilerOptions,
    },
    include: [`*.${extension}`],
    references: [],
  };
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(configuration));
  for (const block of blocks) writeFileSync(join(folder, `${moduleName(block)}.${extension}`), toModule(block));
  await runNode("node_modules/typescript/bin/tsc", ["-p", folder]);
}

export function moduleName({ name }: CodeBlock): string {
  return name.replaceAll(/[^\w]/g, "-");
}
