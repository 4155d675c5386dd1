import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { StoredEvent } from "rivulet";
import { expect } from "vitest";
import { ROOT } from "./run-node.ts";

export const hasPython = spawnSync("python3", ["--version"]).status === 0;

/** Events as the program of FORMAT.md prints them. */
export function readWithPython(path: string, after: number): StoredEvent[] {
  const text = readFileSync(join(ROOT, "FORMAT.md"), "utf8");
  const [, code = ""] = /^```python\n([^]*?)^```$/m.exec(text) ?? [];
  const script = join(dirname(path), "read.py");
  writeFileSync(script, code);
  const { status, stdout, stderr } = spawnSync("python3", [script, path, `${after}`], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as StoredEvent);
}
