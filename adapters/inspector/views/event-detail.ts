import type { StoredEvent } from "../../../src/index.ts";
import { badge, button, facts, fill, h, iconButton, problem, section } from "../parts/dom.ts";
import { findDifferences } from "../parts/differences.ts";
import { jsonView } from "../parts/json-view.ts";
import { createLatest } from "../parts/latest.ts";
import { count, fullTime } from "../parts/text.ts";
import { typeMark } from "../parts/type-mark.ts";
import type { ViewContext } from "../view.ts";
import { causeTree, readRelated } from "./cause-tree.ts";
import { differenceTable } from "./difference-table.ts";
import { isBroken, type LogItem } from "./log-items.ts";

/** An event in full: as it is stored, what upcasting makes of it, and what caused it. */
export interface EventDetail {
  readonly element: HTMLElement;
  show(item: LogItem): void;
}

interface DetailEvents {
  onClose(): void;
  /** Called when the user chooses a related event. */
  onEvent(event: StoredEvent): void;
}

export function createEventDetail(context: ViewContext, { onClose, onEvent }: DetailEvents): EventDetail {
  const { store, inspection } = context;
  const upcasts = createLatest();
  const causes = createLatest();
  const element = h(
    "article",
    { class: "detail", "aria-label": "Event" },
    h("p", { class: "empty" }, "Choose an event."),
  );

  function show(item: LogItem): void {
    const close = iconButton("close", "Close the event", onClose);
    if (isBroken(item)) {
      upcasts.drop();
      causes.drop();
      fill(element, h("header", {}, h("h2", {}, `Position ${count(item.position)}`), close), problem(item.error));
      return;
    }
    const upcast = h("div", {});
    const related = h("div", {}, h("p", { class: "quiet" }, "…"));
    fill(
      element,
      h("header", {}, h("h2", {}, typeMark(item.type)), close),
      facts([
        ["Position", count(item.position)],
        ["Stream", h("span", {}, item.stream)],
        ["Version", count(item.version)],
        ["Recorded", fullTime(item.timestamp)],
        ["Id", h("code", {}, item.id)],
        ["Schema", item.schemaVersion],
      ]),
      h(
        "div",
        { class: "actions" },
        button("Only this stream", () => context.go("log", { stream: item.stream })),
        context.projections.length > 0 &&
          button("State after it", () => {
            const { stream, position, version } = item;
            context.go("state", { stream, position, version });
          }),
        copyButton("Copy JSON", () => JSON.stringify(item, undefined, 2)),
        copyButton("Copy id", () => item.id),
      ),
      section("Data", item.data === undefined ? h("p", { class: "quiet" }, "none") : jsonView(item.data)),
      upcast,
      Object.keys(item.metadata).length > 0 && section("Metadata", jsonView(item.metadata)),
      section("Cause and correlation", related),
    );
    upcasts.run(
      async () => (await store.read({ after: item.position - 1, upTo: item.position }).toArray())[0],
      (read) => fill(upcast, read !== undefined && describeUpcast(item, read)),
      (error) => fill(upcast, section("As the application reads it", problem(error))),
    );
    causes.run(
      () => readRelated(inspection, item),
      (found) => fill(related, causeTree(found, item, onEvent)),
      (error) => fill(related, problem(error)),
    );
  }

  return { element, show };
}

function describeUpcast(stored: StoredEvent, read: StoredEvent): HTMLElement | undefined {
  if (stored.schemaVersion === read.schemaVersion) return undefined;
  return section(
    "As the application reads it",
    h(
      "p",
      {},
      badge(`schema ${stored.schemaVersion}`, "past"),
      " upcast to ",
      badge(`schema ${read.schemaVersion}`, "good"),
    ),
    jsonView(read.data),
    differenceTable(findDifferences(stored.data, read.data)),
  );
}

function copyButton(text: string, value: () => string): HTMLButtonElement {
  const made = button(text, () => {
    // Pages that are not loaded securely have no clipboard.
    void navigator.clipboard?.writeText(value()).then(
      () => (made.textContent = "Copied"),
      () => (made.textContent = "Not allowed"),
    );
  });
  made.addEventListener("blur", () => (made.textContent = text));
  return made;
}
