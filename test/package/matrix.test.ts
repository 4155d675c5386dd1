import { expect, test } from "vitest";
import { textOfDocuments } from "../support/documents.ts";
import { MATRIX } from "../support/matrix.ts";
import { runtimeVersions } from "../support/runtimes.ts";

const FIGURES = /^\d+ of \d+ passed$/;

test("the documented table names every runtime and engine that the tests count, and why cases are left out", () => {
  const rows = tableOf(textOfDocuments());

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

test("the documented table has the versions of the runtimes that the tests install", () => {
  const versions = tableOf(textOfDocuments()).map(([, version]) => version);

  for (const version of runtimeVersions()) expect(versions).toContain(version);
});

/** The cells of each row. */
function tableOf(text: string): readonly (readonly string[])[] {
  const [, rows = ""] = /^\| runtime +\| version.*\n\|[-| ]+\n((?:\|.*\n)+)/m.exec(text) ?? [];
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
