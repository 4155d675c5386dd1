/** The tables of the documents show what docs/performance.json keeps of the benchmark, each row from its own part. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { MeasuredRow } from "../../demo/site/measured.ts";
import { fillTables, readMeasured } from "../bench/documents.ts";
import { comparisonRow, resultOf, type Row } from "../bench/row.ts";
import { CLOSED, WORKS } from "../bench/size-file.ts";
import { fileRows, fillingRows, tenthOf, timeRows, type Work } from "../bench/size-work.ts";
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
      const heads = [...text.matchAll(/(.*)\n\n\| what +\| against +\| measured +\|(?: aim +\|)?\n/g)];
      return heads.filter(([, before = ""]) => !before.startsWith("<!-- measured: ")).map(([head]) => path + head);
    });

    expect(unmarked).toEqual([]);
  });

  test("the rows of growth are those that the benchmark has: another name or unit would leave the kept figures as they are", () => {
    const keyOf = ({ name, against, unit }: Pick<Row, "name" | "against" | "unit">) => `${name} | ${against} | ${unit}`;
    const unkept = (part: string, rows: readonly Row[], prefix = ""): readonly string[] => {
      const kept = new Set(measured[part]?.map(keyOf));
      return rows.map((row) => prefix + keyOf(row)).filter((key) => !kept.has(key));
    };

    expect(unkept("growth", growthRows(10_000_000, { ...WORKS, ...CLOSED }, { cpu: 1 }))).toEqual([]);
    for (const browser of ["Chromium", "Firefox"]) {
      expect(unkept("browser", growthRows(1_000_000, WORKS), `${browser}: `)).toEqual([]);
    }
  });

  test("each figure of the overview stands in a table of the sections, beside the same aim, whether missed or not", () => {
    const plain = (aim = ""): string => aim.replaceAll("**", "");
    const [overview, sections] = linesOfPerformance();
    const lines = overview.map(([, , aim = "", reached = ""]) => ({
      aim,
      figures: reached.split("; ").flatMap((part) => /[\d.]+ \[[^\]]*\]|(?<=^CPU )[\d.]+$|^[\d.]+$/.exec(part) ?? []),
    }));
    const isFound = (figure: string, aim: string): boolean =>
      sections.some(
        (cells) =>
          cells.some((cell) => `${cell} `.startsWith(`${figure} `)) &&
          (plain(cells.at(-1)) === plain(aim) || !/\d/.test(aim)),
      );
    const wrong = lines.flatMap(({ aim, figures }) => figures.filter((figure) => !isFound(figure, aim)));

    expect(lines.flatMap(({ figures }) => figures).length).toBeGreaterThan(20);
    expect(wrong).toEqual([]);
  });

  test("an aim in docs/performance.md is in bold exactly where the figure beside it misses it", () => {
    const [overview, sections] = linesOfPerformance();
    const pairs = [...overview.map((cells) => [cells[3], cells[2]]), ...sections.map((cells) => cells.slice(-2))];
    const wrong = pairs.filter(([reached = "", aim = ""]) => {
      const [, bold, kind, number] = /^(\*\*)?at (least|most) ([\d.]+)/.exec(aim) ?? [];
      if (number === undefined) return false;
      const value = Number.parseFloat(reached.replace("CPU ", ""));
      const isMet = kind === "least" ? value >= Number(number) : value <= Number(number);
      return isMet !== (bold === undefined);
    });

    expect(pairs.filter(([, aim]) => aim?.startsWith("**")).length).toBeGreaterThan(20);
    expect(wrong).toEqual([]);
  });

  test("no row of a table has more or fewer cells than its head, whose further cells would not be shown", () => {
    const uneven = documents.flatMap(({ path, text }) => {
      const tables = text.replaceAll(/^```[^]*?^```$/gm, "").match(/(?:^\|.*\n)+/gm) ?? [];
      return tables.flatMap((table) => {
        const [head = "", ...rows] = table.trim().split("\n");
        const count = (line: string): number => line.replaceAll("\\|", "").split("|").length;
        return rows.filter((row) => count(row) !== count(head)).map((row) => `${path}: ${row}`);
      });
    });

    expect(uneven).toEqual([]);
  });

  test("no table has a column of aims without any", () => {
    const empty = documents.flatMap(({ text }) => {
      const tables = text.match(/(?:^\|.*\n)+/gm) ?? [];
      return tables.filter((table) => {
        const [head = "", , ...rows] = table.trim().split("\n");
        return / aim +\|$/.test(head) && rows.every((row) => /\| +\|$/.test(row));
      });
    });

    expect(empty).toEqual([]);
  });
});

/** The rows of growth that the benchmark makes of some works, with figures that say nothing. `known`: the CPU time, if it is measured. */
function growthRows(
  events: number,
  works: Readonly<Record<string, Pick<Work, "unit">>>,
  known: { readonly cpu?: number } = {},
): readonly Row[] {
  const against = tenthOf(events);
  const files = { events, size: 1, log: 1 };
  const filling = { mean: 1, longest: 1, ...known };
  const done = { each: 1, peak: 1, ...known };
  const rows = [...fileRows(against, files, files), ...fillingRows(against, filling, filling)];
  for (const [name, { unit }] of Object.entries(works)) rows.push(...timeRows({ name, unit, against }, done, done));
  return rows;
}

/** The cells of the overview's lines, and of all tables below it. */
function linesOfPerformance(): readonly [string[][], string[][]] {
  const text = readFileSync(join(ROOT, "docs/performance.md"), "utf8");
  const [, overview = "", sections = ""] = /\n## Aims, and what was reached\n([^]*?)(\n## [^]*)/.exec(text) ?? [];
  return [cellsIn(overview), cellsIn(sections)];
}

function cellsIn(text: string): string[][] {
  const lines = text.split("\n").filter((line) => line.startsWith("|"));
  return lines.map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

describe("writing tables", () => {
  const row = (value: number, more: Partial<MeasuredRow> = {}): MeasuredRow => ({
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
    const written = (one: MeasuredRow): string => fillTables(table("watching", line("")), { watching: [one] }).text;

    expect(written({ ...noted, aim: { atMost: 2 } })).toContain(line(cell, "at most 2 ms"));
    expect(written({ ...noted, aim: { atMost: 1 } })).toContain(line(cell, "**at most 1 ms**"));
    expect(written({ ...row(0.9), unit: "", aim: { atLeast: 1 } })).toContain(line("0.90", "**at least 1**"));
  });

  test("a row without an aim stands in a table without aims", () => {
    const head = "<!-- measured: watching -->\n\n| what | against | measured |\n|---|---|---|\n";
    const text = `${head}| append to watcher |  | 0.00 ms |\n`;

    expect(fillTables(text, { watching: [row(1)] }).text).toBe(`${head}| append to watcher |  | 1.00 ms |\n`);
  });

  test("a table without aims gets a column for them when one of its rows has an aim", () => {
    const lines = [
      "| what | against | measured |",
      "|---|---|---|",
      "| other |  | 2.00 ms |",
      "| append to watcher |  | |",
    ];
    const measuredRows = {
      watching: [
        { ...row(1), aim: { atMost: 2 } },
        { ...row(2), name: "other" },
      ],
    };
    const { text } = fillTables(["<!-- measured: watching -->", "", ...lines, ""].join("\n"), measuredRows);

    expect(text.split("\n").slice(2)).toEqual([
      "| what | against | measured | aim |",
      "|---|---|---|---|",
      "| other |  | 2.00 ms |  |",
      line("1.00 ms", "at most 2 ms"),
      "",
    ]);
    expect(fillTables(text, measuredRows).text).toBe(text);
  });

  test("a rate of few operations a second has digits behind the point", () => {
    const ratio = { median: 0.42, low: 0.34, high: 0.6 };
    const rates = (ours: number, theirs: number): string | undefined =>
      comparisonRow({ name: "append", against: "raw", ratio, goal: undefined, ours, theirs }).detail;

    expect(rates(8.126, 15.46)).toBe("8.13/s : 15.5/s");
    expect(rates(640.2, 36_400)).toBe("640/s : 36 k/s");
  });

  test("a line that says the same keeps its form, and one for which nothing is kept is named", () => {
    const text = table("watching", "| append to watcher |   | 1.00 ms   |     |", "| renamed | | 1.00 ms | |");

    expect(fillTables(text, { watching: [row(1)] })).toMatchObject({
      text,
      missing: ["| renamed | | 1.00 ms | |"],
    });
  });
});

test("a small result has three digits, too", () => {
  const row = { name: "loops", against: "callbacks", value: 0.017_64, low: 0.002_972, high: 0.1035, unit: "" };

  expect(resultOf(row)).toBe("0.0176 [0.00297, 0.10]");
  expect(resultOf({ ...row, value: 0, low: -0.059, high: 0.95 })).toBe("0.00 [-0.0590, 0.95]");
});
