import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { conformanceCases, type ConformanceHarness } from "rivulet/testing";
import { beforeAll, describe, test } from "vitest";
import { scriptPath, spawnProcess, type Child } from "./child.ts";
import { countInMatrix } from "./count-in-matrix.ts";
import type { MatrixName } from "./matrix.ts";
import { unpackInto } from "./packed.ts";
import { commandOf, newerBetterSqlite3, type Runtime } from "./runtimes.ts";

export interface ForeignSuite {
  readonly runtime: Runtime;
  /** The import path of the adapter, and the name of its function. */
  readonly module: string;
  readonly adapter: string;
  readonly options?: object;
  readonly place: "memory" | "file";
  /** The row of the table in docs/tested.md that counts the cases. */
  readonly row?: MatrixName;
}

const never = (): Promise<never> => Promise.reject(new Error("only the names are wanted"));

/** The capabilities of the script in the other runtime, so that the names of its cases are known before it runs. */
const HARNESSES: Readonly<Record<ForeignSuite["place"], ConformanceHarness>> = {
  memory: { open: never, sql: true },
  file: { open: never, reopen: never, alongside: never, sql: true, limits: true },
};

/**
 * Runs the conformance suite over the packed package in another runtime: one process for all cases, and one test for
 * each case.
 */
export function describeForeignConformance(suite: ForeignSuite): void {
  const { runtime, adapter, place, options = {} } = suite;
  describe(`${adapter} in ${runtime}, ${place}, ${JSON.stringify(options)}`, () => {
    if (suite.row !== undefined) countInMatrix(suite.row, "conformance");
    let child: Child;
    beforeAll(() => {
      const root = mkdtempSync(join(tmpdir(), "rivulet-"));
      child = startSuite(suite, root);
      return async () => {
        child.kill();
        await child.ended;
        rmSync(root, { recursive: true, force: true });
      };
    });
    for (const { name } of conformanceCases(HARNESSES[place])) {
      test(name, async () => {
        const [, wrong] = JSON.parse(await child.line(JSON.stringify([name]).slice(0, -1))) as [string, string | null];
        if (wrong !== null) throw new Error(wrong);
      });
    }
  });
}

function startSuite({ runtime, module, adapter, options = {}, place }: ForeignSuite, root: string): Child {
  unpackInto(root);
  if (module === "rivulet/better-sqlite3") symlinkSync(newerBetterSqlite3(), join(root, "node_modules/better-sqlite3"));
  writeFileSync(join(root, "package.json"), JSON.stringify({ private: true, type: "module" }));
  copyFileSync(scriptPath("conformance-suite"), join(root, "suite.js"));
  const files = join(root, "files");
  mkdirSync(files);
  const [program, ...args] = commandOf(runtime);
  const inputs = [module, adapter, JSON.stringify(options), ...(place === "file" ? [files] : [])];
  return spawnProcess(program, [...args, "suite.js", ...inputs], root);
}
