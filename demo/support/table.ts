/**
 * Formats rows under a heading, in columns as wide as their widest cell. Columns of numbers are aligned to the right.
 */
export function formatTable(heading: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const widths = heading.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => String(row[column] ?? "").length)),
  );
  const rightAligned = heading.map((_, column) => rows.every((row) => typeof row[column] === "number"));

  const format = (row: readonly (string | number)[]): string =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return rightAligned[column] === true ? String(cell).padStart(width) : String(cell).padEnd(width);
      })
      .join("  ")
      .trimEnd();

  return [format(heading), format(widths.map((width) => "─".repeat(width))), ...rows.map(format)].join("\n");
}
