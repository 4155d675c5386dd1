import { badge, h } from "../parts/dom.ts";
import type { Differences } from "../parts/differences.ts";
import { jsonView } from "../parts/json-view.ts";
import { preview } from "../parts/text.ts";

const SIGNS = { added: "+", removed: "−", changed: "~" } as const;
const TONES = { added: "good", removed: "bad", changed: "past" } as const;

/** Shows what differs, by path. */
export function differenceTable({ list, more }: Differences): HTMLElement {
  if (list.length === 0) return h("p", { class: "quiet" }, "Nothing changed.");
  return h(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": "Differences" },
    h(
      "table",
      { class: "differences" },
      h("thead", {}, h("tr", {}, ...["", "Path", "Before", "After"].map((title) => h("th", { scope: "col" }, title)))),
      h(
        "tbody",
        {},
        ...list.map(({ path, kind, before, after }) =>
          h(
            "tr",
            {},
            h("td", { title: kind }, badge(SIGNS[kind], TONES[kind])),
            h("td", {}, h("code", {}, path)),
            h("td", { class: "before" }, kind !== "added" && valueOf(before)),
            h("td", { class: "after" }, kind !== "removed" && valueOf(after)),
          ),
        ),
      ),
    ),
    more && h("p", { class: "quiet" }, "… and more"),
  );
}

/** A large value is opened to be read in full. */
function valueOf(value: unknown): HTMLElement | string {
  const text = preview(value, 120);
  return text.endsWith("…") ? jsonView(value, 0) : text;
}
