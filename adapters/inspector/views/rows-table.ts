import type { SqlValue } from "../../../src/index.ts";
import type { InspectedRows } from "../../../src/inspection/index.ts";
import { h } from "../parts/dom.ts";
import { many, preview } from "../parts/text.ts";

/** Shows the rows of a query. */
export function rowsTable({ columns, rows, more }: InspectedRows, label: string): HTMLElement {
  const numeric = columns.map((_, index) => rows.every((row) => typeof row[index] === "number"));
  return h(
    "div",
    {},
    h(
      "div",
      { class: "scroll tall", tabindex: 0, role: "region", "aria-label": label },
      h(
        "table",
        {},
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            ...columns.map((column, index) => h("th", { scope: "col", class: numeric[index] ? "number" : "" }, column)),
          ),
        ),
        h(
          "tbody",
          {},
          ...rows.map((row) =>
            h("tr", {}, ...row.map((value, index) => h("td", { class: numeric[index] ? "number" : "" }, cell(value)))),
          ),
        ),
      ),
    ),
    h("p", { class: "quiet" }, more ? `The first ${many(rows.length, "row")}.` : many(rows.length, "row")),
  );
}

function cell(value: SqlValue): Node | string {
  if (value === null) return h("span", { class: "null" }, "NULL");
  if (value instanceof Uint8Array) return h("span", { class: "null" }, `${value.length} bytes`);
  return typeof value === "number" ? String(value) : preview(value, 300).slice(1, -1);
}
