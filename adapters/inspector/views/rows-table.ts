import type { SqlValue } from "../../../src/index.ts";
import type { InspectedRows } from "../../../src/inspection/index.ts";
import { h } from "../parts/dom.ts";
import { longText } from "../parts/json-view.ts";
import { bytes, many } from "../parts/text.ts";

/** Shows the rows of a query. */
export function rowsTable({ columns, rows, more }: InspectedRows, label: string): HTMLElement {
  const classes = columns.map((_, index) => {
    const values = rows.map((row) => row[index]).filter((value) => value !== null);
    return values.length > 0 && values.every((value) => typeof value === "number") ? "number" : undefined;
  });
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
          h("tr", {}, ...columns.map((column, index) => h("th", { scope: "col", class: classes[index] }, column))),
        ),
        h(
          "tbody",
          {},
          ...rows.map((row) =>
            h("tr", {}, ...row.map((value, index) => h("td", { class: classes[index] }, cell(value)))),
          ),
        ),
      ),
    ),
    h("p", { class: "quiet" }, more ? `The first ${many(rows.length, "row")}.` : many(rows.length, "row")),
  );
}

function cell(value: SqlValue): Node | string {
  if (value === null) return h("span", { class: "null" }, "NULL");
  if (value instanceof Uint8Array) return h("span", { class: "null" }, bytes(value.length));
  return longText(String(value));
}
