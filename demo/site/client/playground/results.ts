import type { StoredEvent } from "rivulet";
import { element } from "../element.ts";
import { inspectAll } from "./inspect.ts";
import { createOutput, oncePerFrame } from "./output.ts";
import type { ShownTable, TrackedStore } from "./tracked.ts";

/** What an example shows and has printed, the events of its stores, and the tables of their read models. */
export interface Results {
  readonly root: HTMLElement;
  /** Begins anew. Returns the element with the id "root", in which a component is shown. */
  clear(): HTMLElement;
  print(line: string, isError?: boolean): void;
  /** Shows the stores in the next frame, as they are then. */
  show(stores: readonly TrackedStore[]): void;
  status(text: string): void;
  /** The run has ended. */
  end(): void;
}

export function createResults(isComponent: boolean): Results {
  const status = element("span", { className: "status" });
  status.setAttribute("role", "status");
  const output = createOutput();
  output.root.className = isComponent ? "output of-component" : "output";
  const stage = element("div", { className: "stage" });
  const events = element("div", { className: "shown events" });
  const tables = element("div", { className: "shown tables" });
  const root = element(
    "div",
    { className: "results", hidden: true },
    element(
      "div",
      { className: "shown" },
      label(isComponent ? "Page" : "Output", status),
      ...(isComponent ? [stage] : []),
      output.root,
    ),
    events,
    tables,
  );
  let shown: readonly TrackedStore[] = [];
  const frame = oncePerFrame(() => {
    const filled = shown.filter((store) => store.events.length > 0);
    events.replaceChildren(
      label("Events"),
      ...(filled.length === 0
        ? [element("p", { className: "quiet" }, "none")]
        : filled.map((store) => eventTable(store, filled.length > 1))),
    );
    tables.replaceChildren(...shown.flatMap((store) => store.tables).map(rowTable));
  });
  return {
    root,
    clear() {
      output.clear();
      frame.cancel();
      events.replaceChildren(label("Events"), element("p", { className: "quiet" }, "none yet"));
      tables.replaceChildren();
      const place = element("div", { id: "root" });
      stage.replaceChildren(place);
      return place;
    },
    print: output.print,
    show(stores) {
      shown = stores;
      frame.request();
    },
    status(text) {
      status.textContent = text;
    },
    end() {
      stage.replaceChildren();
    },
  };
}

function label(text: string, ...more: readonly Node[]): HTMLElement {
  return element("p", { className: "label" }, text, ...more);
}

function eventTable({ name, adapter, events }: TrackedStore, isOneOfMany: boolean): HTMLElement {
  const rows = events.map(({ position, stream, version, type, data }: StoredEvent) => [
    position,
    stream,
    version,
    type,
    data === undefined ? "" : JSON.stringify(data),
  ]);
  const place = name === undefined ? "in memory" : `kept in this browser as “${name}”`;
  const caption = isOneOfMany ? `${adapter}, ${place}` : place;
  return tableOf(["position", "stream", "version", "type", "data"], rows, caption);
}

function rowTable({ name, rows }: ShownTable): HTMLElement {
  const columns = Object.keys(rows[0] ?? {});
  const cells = rows.map((row) => columns.map((column) => row[column]));
  const body = rows.length === 0 ? element("p", { className: "quiet" }, "no rows") : tableOf(columns, cells);
  return element("div", {}, label(`Table ${name}`), body);
}

function tableOf(columns: readonly string[], rows: readonly (readonly unknown[])[], caption?: string): HTMLElement {
  const table = element(
    "table",
    {},
    element("thead", {}, element("tr", {}, ...columns.map((column) => element("th", { scope: "col" }, column)))),
    element("tbody", {}, ...rows.map((row) => element("tr", {}, ...row.map(cellOf)))),
  );
  if (caption !== undefined) table.prepend(element("caption", {}, caption));
  const scroller = element("div", { className: "rows", tabIndex: 0 }, table);
  scroller.setAttribute("role", "region");
  scroller.setAttribute("aria-label", "Rows");
  return scroller;
}

function cellOf(value: unknown): HTMLElement {
  const isNumber = typeof value === "number";
  return element("td", { className: isNumber ? "number" : "" }, value === null ? "NULL" : inspectAll([value]));
}
