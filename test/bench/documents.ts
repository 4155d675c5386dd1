import { readFileSync, writeFileSync } from "node:fs";
import { rowLine, type Row } from "./row.ts";

/**
 * Replaces the rows of the same names in the tables of Markdown files, in each file once. Returns the rows without a
 * counterpart.
 */
export function fillTables(paths: readonly string[], rows: readonly Row[]): readonly Row[] {
  const missing = new Set(rows);
  for (const path of paths) {
    const fresh = new Map(rows.map((row) => [keyOf(rowLine(row)), row]));
    const lines = readFileSync(path, "utf8").split("\n");
    const filled = lines.map((line) => {
      const key = keyOf(line);
      const row = fresh.get(key);
      if (row === undefined) return line;
      fresh.delete(key);
      missing.delete(row);
      return rowLine(row);
    });
    writeFileSync(path, filled.join("\n"));
  }
  return [...missing];
}

/** A row's name and baseline, without the padding of the columns. */
function keyOf(line: string): string {
  const [before, name, against] = line.split("|").map((cell) => cell.trim());
  return before === "" ? `${name} | ${against}` : line;
}
