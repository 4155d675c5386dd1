import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { MATRIX } from "../support/matrix.ts";
import { ROOT } from "../support/run-node.ts";
import { runtimeVersions } from "../support/runtimes.ts";

const FIGURES = /^\d+ of \d+ passed$/;

test("README's table names every runtime and engine that the tests count, and why cases are left out", () => {
  const rows = tableOf(readFileSync(join(ROOT, "README.md"), "utf8"));

  expect(rows.map(([runtime, , engine, , , , , leftOut]) => [runtime, nameOf(engine), reasonOf(leftOut)])).toEqual(
    Object.values(MATRIX).map(({ runtime, engine, leftOut }) => [runtime, engine, leftOut]),
  );
  for (const [runtime, version, , sqlite, conformance, queries, crashes] of rows) {
    expect([version, sqlite], runtime).toEqual([
      expect.stringMatching(/^\d/),
      expect.stringMatching(/^(3\.\d+\.\d+|not told)$/),
    ]);
    expect([conformance, queries], runtime).toEqual([expect.stringMatching(FIGURES), expect.stringMatching(/^\d+$/)]);
    expect(crashes, runtime).toMatch(runtime === "WebKit" ? /^none$/ : FIGURES);
  }
});

test("README's table has the versions of the runtimes that the tests install", () => {
  const versions = tableOf(readFileSync(join(ROOT, "README.md"), "utf8")).map(([, version]) => version);

  for (const version of runtimeVersions()) expect(versions).toContain(version);
});

/** The cells of each row. */
function tableOf(readme: string): readonly (readonly string[])[] {
  const [, rows = ""] = /^\| runtime +\| version.*\n\|[-| ]+\n((?:\|.*\n)+)/m.exec(readme) ?? [];
  return rows
    .trim()
    .split("\n")
    .map((row) =>
      row
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

const nameOf = (engine = ""): string => engine.replace(/ \d[\d.]*$/, "");

const reasonOf = (leftOut = ""): string => leftOut.replace(/^\d+ cases: /, "");
