import { statSync } from "node:fs";
import type { TestSequencer, TestSpecification } from "vitest/node";

/** The files that take longest, the longest first: at the end of a run, no worker should be left alone with one of them. */
const LONGEST = [
  "package/frameworks",
  "package/bundlers",
  "browser/stopped-leader",
  "demo/site",
  "browser/tabs",
  "browser/conformance",
  "browser/react",
  "browser/export-import",
  "demo/site-examples",
  "browser/replicas",
  "conformance/pglite",
  "browser/inspector",
  "package/fresh-projects",
  "browser/interrupted-import",
  "browser/blocked",
  "browser/bindings",
  "package/browser-app",
  "package/templates",
  "browser/crash",
  "browser/webkit",
  "browser/interrupted-destroy",
].map((name) => `/test/${name}.test.ts`);

/** The order of the files of tests: first the longest, then the others by their size, which says something about their time. */
export class LongestFirst implements TestSequencer {
  sort(files: TestSpecification[]): TestSpecification[] {
    const ranked = files.map((file) => {
      const index = LONGEST.findIndex((end) => file.moduleId.endsWith(end));
      return { file, rank: index === -1 ? LONGEST.length : index, size: statSync(file.moduleId).size };
    });
    ranked.sort((one, other) => one.rank - other.rank || other.size - one.size);
    return ranked.map(({ file }) => file);
  }

  shard(files: TestSpecification[]): TestSpecification[] {
    return files;
  }
}
