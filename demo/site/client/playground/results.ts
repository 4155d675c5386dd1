import type { StoredEvent } from "rivulet";
import { element } from "../element.ts";
import { inspectAll } from "./inspect.ts";
import type { ShownTable, TrackedStore } from "./tracked.ts";

/** What an example has printed, the events of its stores, and the tables of their read models. */
export interface Results {
  readonly root: HTMLElement;
  clear(): void;
  print(line: string, isError?: boolean): void;
  show(stores: readonly TrackedStore[]): void;
  status(text: string): void;
}

export function createResults(): Results {
  const status = element("span", { className: "status" });
  status.setAttribute("role", "status");
  const output = element("pre", { className: "output", tabIndex: 0 });
  output.setAttribute("aria-label", "Output");
  const events = element("div", { className: "shown events" });
  const tables = element("div", { className: "shown tables" });
  const root = element(
    "div",
    { className: "results", hidden: true },
    element("div", { className: "shown" }, label("Output", status), output),
    events,
    tables,
  );
  return {
    root,
    clear() {
      output.replaceChildren();
      events.replaceChildren(label("Events"), element("p", { className: "quiet" }, "none yet"));
      tables.replaceChildren();
      root.hidden = false;
    },
    print(line, isError = false) {
      output.append(element("span", { className: isError ? "failed" : "" }, `${line}\n`));
      output.scrollTop = output.scrollHeight;
    },
    show(stores) {
      const all = stores.flatMap((store) => store.events);
      events.replaceChildren(
        label("Events"),
        ...(all.length === 0
          ? [element("p", { className: "quiet" }, "none")]
          : stores.filter((store) => store.events.length > 0).map(eventTable)),
      );
      tables.replaceChildren(...stores.flatMap((store) => store.tables).map(rowTable));
    },
    status(text) {
      status.textContent = text;
    },
  };
}

function label(text: string, ...more: readonly Node[]): HTMLElement {
  return element("p", { className: "label" }, text, ...more);
}

function eventTable({ name, events }: TrackedStore): HTMLElement {
  const rows = events.map(({ position, stream, version, type, data }: StoredEvent) => [
    position,
    stream,
    version,
    type,
    data === undefined ? "" : JSON.stringify(data),
  ]);
  const caption = name === undefined ? undefined : `kept in this browser as ${name}`;
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
