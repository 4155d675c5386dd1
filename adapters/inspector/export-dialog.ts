import { ndjsonLine } from "../../src/ndjson/index.ts";
import { button, field, fill, h, problem, set } from "./parts/dom.ts";
import { createMask } from "./parts/mask.ts";
import { many } from "./parts/text.ts";
import type { ExportFilter, ViewContext } from "./view.ts";
import { toFilter } from "./views/log-items.ts";

/** The most events of an export: it is made in memory. */
const MOST = 100_000;

/** A dialog that makes lines of JSON of a part of the log, for a bug report. */
export interface ExportDialog {
  readonly element: HTMLDialogElement;
  open(filter: ExportFilter): void;
}

export function createExportDialog({ inspection, head }: Pick<ViewContext, "inspection" | "head">): ExportDialog {
  const from = h("input", { type: "number", min: 1, value: 1 });
  const to = h("input", { type: "number", min: 1 });
  const stream = h("input", { type: "search", placeholder: "all, or order-*" });
  const types = h("input", { type: "search", placeholder: "all" });
  const values = h("input", { type: "checkbox" });
  const names = h("input", { type: "checkbox" });
  const result = h("div", { role: "status" });
  const element = h(
    "dialog",
    { "aria-label": "Export events" },
    h("h2", {}, "Export events"),
    h("p", { class: "quiet" }, "Lines of JSON, as importEvents and npx rivulet import read them."),
    h(
      "div",
      { class: "grid" },
      field("From position", from),
      field("To position", to),
      field("Stream", stream),
      field("Types", types),
    ),
    h("label", { class: "check" }, values, "Mask values: texts and numbers in data and metadata"),
    h("label", { class: "check" }, names, "Mask names of streams, and ids"),
    result,
    h(
      "div",
      { class: "actions end" },
      button("Cancel", () => element.close()),
      button("Copy", () => void run(copy)),
      button("Download", () => void run(download), { class: "primary" }),
    ),
  );

  async function run(give: (text: string) => Promise<void> | void): Promise<void> {
    fill(result, h("p", { class: "quiet" }, "…"));
    try {
      const events = await inspection
        .read({
          ...toFilter({ stream: stream.value.trim(), types: types.value }),
          after: Math.max(0, from.valueAsNumber - 1 || 0),
          upTo: to.valueAsNumber || head(),
          limit: MOST,
        })
        .toArray();
      const mask = createMask({ values: values.checked, names: names.checked });
      const text = events.map((event) => ndjsonLine(mask(event))).join("");
      await give(text);
      fill(
        result,
        h("p", {}, `${many(events.length, "event")} exported.`, events.length === MOST && " There may be more."),
      );
    } catch (error) {
      fill(result, problem(error));
    }
  }

  return {
    element,
    open(filter) {
      stream.value = filter.stream ?? "";
      types.value = filter.type ?? "";
      set(to, "placeholder", head());
      to.value = String(head());
      fill(result);
      element.showModal();
    },
  };
}

function copy(text: string): Promise<void> {
  return navigator.clipboard.writeText(text);
}

function download(text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "application/x-ndjson" }));
  h("a", { href: url, download: "events.ndjson" }).click();
  URL.revokeObjectURL(url);
}
