import { expect, test } from "vitest";
import { scriptPath } from "../support/child.ts";
import { runNode } from "../support/run-node.ts";

/** A line for each function that is compiled or thrown away, in the same thread, so that it is always the same (`node --v8-options`). */
const TRACE = ["--trace-deopt", "--trace-opt", "--trace-file-names", "--no-concurrent-recompilation"] as const;

test.each(["one by one", "one by one, each with a version", "at once", "to several streams"])(
  "no function of the package that appends run is compiled, thrown away and compiled again: %s",
  async (how) => {
    const [flag, ...flags] = TRACE;

    const printed = await runNode(flag, [...flags, scriptPath("hot-appends"), how]);

    const ours = printed.split("\n").filter((line) => line.includes("/dist/"));
    expect(ours.filter((line) => line.startsWith("[completed compiling")).length).toBeGreaterThan(10);
    expect(ours.filter((line) => line.startsWith("[bailout"))).toEqual([]);
  },
);
