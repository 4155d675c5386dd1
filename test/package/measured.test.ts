/** The tables of the documents show what docs/performance.json keeps of the benchmark, each row from its own part. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fillTables, readMeasured, type KeptRow } from "../bench/documents.ts";
import { DOCUMENTS } from "../support/documents.ts";
import { ROOT } from "../support/run-node.ts";

const measured = readMeasured();
const documents = DOCUMENTS.map((path) => {
  const text = readFileSync(join(ROOT, path), "utf8");
  return { path, text, filled: fillTables(text, measured) };
});

describe("the tables of the documents", () => {
  test.each(documents.filter(({ text }) => text.includes("<!-- measured: ")))(
    "those of $path say what is kept: `npm run bench -- --docs --only none` writes them anew",
    ({ text, filled }) => {
      expect(filled.missing).toEqual([]);
      expect(filled.text).toBe(text);
    },
  );

  test("every kept row is shown in a table, and is the only one of its name and baseline in its part", () => {
    const shown = new Set(documents.flatMap(({ filled }) => filled.shown));
    const kept = Object.values(measured);
    const keys = kept.map((rows) => rows.map(({ name, against }) => `${name} | ${against}`));

    expect(kept.flat().filter((row) => !shown.has(row))).toEqual([]);
    expect(keys.filter((part) => new Set(part).size < part.length)).toEqual([]);
  });

  test("a table of measured rows names the parts that they come from", () => {
    const unmarked = documents.flatMap(({ path, text }) => {
      const heads = [...text.matchAll(/(.*)\n\n\| what +\| against +\| measured +\| aim +\|\n/g)];
      return heads.filter(([, before = ""]) => !before.startsWith("<!-- measured: ")).map(([head]) => path + head);
    });

    expect(unmarked).toEqual([]);
  });

  test("each figure of the overview in docs/performance.md stands in the section that it is from", () => {
    const text = readFileSync(join(ROOT, "docs/performance.md"), "utf8");
    const [, overview = "", sections = ""] = /\n## Aims, and what was reached\n([^]*?)(\n## [^]*)/.exec(text) ?? [];
    const figures = overview.match(/[\d.]+ \[[^\]]*\]/g) ?? [];

    expect(figures.length).toBeGreaterThan(15);
    expect(figures.filter((figure) => !sections.includes(figure))).toEqual([]);
  });
});

describe("writing tables", () => {
  const row = (value: number, more: Partial<KeptRow> = {}): KeptRow => ({
    name: "append to watcher",
    against: "",
    value,
    unit: "ms",
    ...more,
  });
  const line = (cell: string, aim = ""): string => `| append to watcher |  | ${cell} | ${aim} |`;
  const table = (parts: string, ...lines: string[]): string =>
    [`<!-- measured: ${parts} -->`, "", "| what | against | measured | aim |", "|---|---|---|---|", ...lines, ""].join(
      "\n",
    );

  test("rows of one name in two parts go to the tables of their parts, and no further", () => {
    const outside = line("9.00 ms");
    const text = [table("watching", line("0.00 ms")), table("reads postgres", line("0.00 ms")), outside].join("\n");

    expect(fillTables(text, { watching: [row(1)], postgres: [row(2)] }).text).toBe(
      [table("watching", line("1.00 ms")), table("reads postgres", line("2.00 ms")), outside].join("\n"),
    );
    expect(() => fillTables(table("watching postgres", line("")), { watching: [row(1)], postgres: [row(2)] })).toThrow(
      "two parts",
    );
  });

  test("an interval, a note and an aim are written, and a missed aim in bold", () => {
    const noted = row(1.5, { low: 1, high: 120.4, detail: "a trip 0.05 ms" });
    const cell = "1.50 [1.00, 120] ms (a trip 0.05 ms)";
    const written = (one: KeptRow): string => fillTables(table("watching", line("")), { watching: [one] }).text;

    expect(written({ ...noted, aim: { atMost: 2 } })).toContain(line(cell, "at most 2 ms"));
    expect(written({ ...noted, aim: { atMost: 1 } })).toContain(line(cell, "**at most 1 ms**"));
    expect(written({ ...row(0.9), unit: "", aim: { atLeast: 1 } })).toContain(line("0.90", "**at least 1**"));
  });

  test("a line that says the same keeps its form, and one for which nothing is kept is named", () => {
    const text = table("watching", "| append to watcher |   | 1.00 ms   |     |", "| renamed | | 1.00 ms | |");

    expect(fillTables(text, { watching: [row(1)] })).toMatchObject({
      text,
      missing: ["| renamed | | 1.00 ms | |"],
    });
  });
});
