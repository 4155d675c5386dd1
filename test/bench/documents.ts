import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Measured, MeasuredRow } from "../../demo/site/measured.ts";
import { DOCUMENTS } from "../support/documents.ts";
import { ROOT } from "../support/run-node.ts";
import { fillOverview } from "./overview.ts";
import { cellsOf, type Row } from "./row.ts";

/** Where the rows are kept; the tables of the documents, and the charts of the site, are made from it. */
const KEPT = "docs/performance.json";

/** Stands before a table, and names the parts whose rows it shows. */
const MARKER = /^<!-- measured: ([\w ]+) -->$/;

export function readMeasured(): Measured {
  return JSON.parse(readFileSync(join(ROOT, KEPT), "utf8")) as Measured;
}

/** Keeps rows in place of earlier ones, and writes the tables from all. Returns the rows that no table shows, which are not kept. */
export function keepMeasured(fresh: Readonly<Record<string, readonly Row[]>>): readonly Row[] {
  const all: Record<string, readonly MeasuredRow[]> = { ...readMeasured() };
  const made = new Map<MeasuredRow, Row>();
  for (const [part, rows] of Object.entries(fresh)) {
    for (const row of rows) {
      const kept = toKept(row);
      made.set(kept, row);
      const before = all[part] ?? [];
      const known = before.some((old) => isSame(old, row));
      all[part] = known ? before.map((old) => (isSame(old, row) ? kept : old)) : [...before, kept];
    }
  }
  const shown = new Set<MeasuredRow>();
  for (const path of DOCUMENTS) {
    const filled = fillTables(readFileSync(join(ROOT, path), "utf8"), all);
    writeFileSync(join(ROOT, path), filled.text);
    for (const row of filled.shown) shown.add(row);
  }
  const kept = Object.entries(all).map(([part, rows]) => [part, rows.filter((row) => shown.has(row))] as const);
  const text = JSON.stringify(Object.fromEntries(kept.filter(([, rows]) => rows.length > 0)), undefined, 2);
  writeFileSync(join(ROOT, KEPT), `${text}\n`);
  return [...made].filter(([row]) => !shown.has(row)).map(([, row]) => row);
}

/** What became of the tables of a document. */
interface Filled {
  readonly text: string;
  readonly shown: readonly MeasuredRow[];
  /** Lines for which nothing is kept. */
  readonly missing: readonly string[];
}

/**
 * Writes the rows of a document's tables, each from the parts that its table shows. A line that says the same stays as it is. A table
 * of rows without aims has no column for them, and gets one when a row has an aim.
 */
export function fillTables(text: string, measured: Measured): Filled {
  const shown: MeasuredRow[] = [];
  const missing: string[] = [];
  let rows: readonly MeasuredRow[] | undefined;
  let below = 0;
  let columns = 0;
  const lines: string[] = [];
  for (const line of text.split("\n")) lines.push(write(line));
  return { text: lines.join("\n"), shown, missing };

  function write(line: string): string {
    const [, parts] = MARKER.exec(line) ?? [];
    if (parts !== undefined) {
      rows = parts.split(" ").flatMap((part) => measured[part] ?? []);
      below = 0;
    } else if (line.startsWith("|")) below += 1;
    else if (below > 0) rows = undefined;
    // The head, and the line below it.
    if (below === 1) columns = cellsIn(line).length;
    if (rows === undefined) return fillOverview(line, measured);
    return below < 3 ? line : fill(line, rows);
  }

  function fill(line: string, from: readonly MeasuredRow[]): string {
    const cells = cellsIn(line);
    const [name, against] = cells;
    const [row, other] = from.filter((one) => one.name === name && one.against === against);
    if (other !== undefined) throw new Error(`two parts have a row "${name}": give each a table of its own`);
    if (row === undefined) {
      missing.push(line);
      return line;
    }
    shown.push(row);
    const all = cellsOf(row);
    if (row.aim !== undefined && columns < all.length) addAims();
    const fresh = all.slice(0, columns);
    return fresh.every((cell, index) => cell === cells[index]) ? line : `| ${fresh.join(" | ")} |`;
  }

  /** Adds the column of aims to the table that is being written: to its head, and to the rows above, which have none. */
  function addAims(): void {
    const head = lines.length - below + 1;
    for (let at = head; at < lines.length; at++) lines[at] += [" aim |", "---|"][at - head] ?? "  |";
    columns += 1;
  }
}

function cellsIn(line: string): readonly string[] {
  return line
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());
}

function isSame(one: MeasuredRow, other: MeasuredRow): boolean {
  return one.name === other.name && one.against === other.against;
}

/** Four digits are one more than the tables show. */
function toKept({ name, against, value, low, high, unit, detail, aim }: Row): MeasuredRow {
  const round = (number: number): number => Number(number.toPrecision(4));
  return {
    name,
    against,
    value: round(value),
    ...(low !== undefined && { low: round(low) }),
    ...(high !== undefined && { high: round(high) }),
    unit,
    ...(detail !== undefined && { detail }),
    ...(aim !== undefined && { aim }),
  };
}
