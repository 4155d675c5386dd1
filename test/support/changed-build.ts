import type { InlineConfig, Plugin } from "vite";

/** Replacements by file name, which has to be unique among the package's files that a page uses. */
export type Changes = Readonly<Record<string, readonly [RegExp, string | ((...found: string[]) => string)]>>;

/** The worker before it was bundled into one file, so that each of its files can be changed. */
const IN_ITS_FILES = 'import "./run-worker.js";';

/**
 * A Vite configuration that builds pages against a changed build of the package. It fails if there is nothing to
 * replace.
 */
export function changedBuild(changes: Changes): InlineConfig {
  const plugin = (): Plugin => ({
    name: "changed-build",
    load: (id) => (id.endsWith("/dist/adapters/sqlite-wasm/worker.js") ? IN_ITS_FILES : undefined),
    transform(code, id) {
      const [, name = ""] = /\/dist\/(?:src\/sqlite|adapters\/sqlite-wasm\/\w+)\/([a-z-]+\.js)$/.exec(id) ?? [];
      const change = changes[name];
      if (change === undefined) return undefined;
      const [what, by] = change;
      if (!what.test(code)) throw new Error(`${id} has no ${what}`);
      return code.replace(what, by as string);
    },
  });
  return { plugins: [plugin()], worker: { format: "es", plugins: () => [plugin()] } };
}
