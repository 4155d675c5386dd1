import type { StoredEvent } from "../../../src/index.ts";
import { ndjson } from "../../../src/ndjson/index.ts";
import { button, field, fill, h, problem } from "../parts/dom.ts";
import { createLatest } from "../parts/latest.ts";
import { clockTime, count, many, preview } from "../parts/text.ts";
import { typeMark } from "../parts/type-mark.ts";
import { createVirtualList } from "../parts/virtual-list.ts";
import type { Destination, View, ViewContext } from "../view.ts";
import { createEventDetail } from "./event-detail.ts";
import { everyEvent, filteredEvents, isBroken, type LogItem, type LogSource } from "./log-items.ts";
import { createStreamList } from "./stream-list.ts";

/** The log as it grows: streams, events, and the chosen event in full. */
export function createLogView(context: ViewContext): View {
  const { inspection } = context;
  const latest = createLatest();
  const growing = createLatest();
  const trouble = h("div", { class: "trouble" });
  const found = h("span", { class: "quiet", role: "status" });
  const note = h("span", { role: "status" });
  const empty = h("p", { class: "empty", hidden: true }, "No events.");
  const stream = h("input", { type: "search", placeholder: "all, or order-*", onchange: apply });
  const types = h("input", { type: "search", placeholder: "all", onchange: apply, list: "types" });
  const search = h("input", { type: "search", placeholder: "id or position", onchange: () => find(search.value) });
  const file = h("input", { type: "file", accept: ".ndjson,.jsonl", hidden: true, onchange: () => void take() });
  const knownTypes = h("datalist", { id: "types" });
  const seenTypes = new Set<string>();
  const detail = createEventDetail(context, { onClose: closeDetail, onEvent: showEvent });
  const streams = createStreamList(context, (name) => {
    stream.value = stream.value === name ? "" : name;
    apply();
  });
  let source: LogSource = make();
  let shown: number | undefined;
  let busy = false;
  let due = false;

  const list = createVirtualList<LogItem>({
    label: "Events, the newest first",
    source: () => source,
    render: renderRow,
    onSelect(index) {
      const item = source.at(index);
      if (item === undefined) return;
      shown = item.position;
      detail.show(item);
      element.classList.add("detailed");
    },
  });
  const element = h(
    "div",
    { class: "log view-body" },
    h(
      "div",
      { class: "tools" },
      field("Stream", stream),
      field("Types", types),
      knownTypes,
      field("Find", search),
      button("Export…", () => context.exportEvents({ stream: stream.value, type: types.value })),
      !context.readOnly && button("Import…", () => file.click()),
      file,
      found,
      note,
    ),
    trouble,
    h("div", { class: "columns" }, streams.element, empty, list.element, detail.element),
  );

  function isEverything(): boolean {
    return stream.value.trim() === "" && types.value.trim() === "";
  }

  function make(): LogSource {
    const failed = (error: unknown): void => fill(trouble, problem(error));
    const filter = { stream: stream.value.trim(), types: types.value };
    const update = (): void => void (mine === source && changed());
    const mine: LogSource = isEverything()
      ? everyEvent(inspection, context.head(), update, failed)
      : filteredEvents(inspection, filter, context.head(), update, failed);
    return mine;
  }

  function apply(): void {
    fill(trouble);
    fill(note);
    source = make();
    streams.mark(stream.value);
    list.select(-1);
    list.element.scrollTop = 0;
    changed();
  }

  function changed(): void {
    if (shown !== undefined && list.selected < 0) {
      const index = source.indexOf(shown);
      if (index >= 0 && index < source.count) list.select(index);
    }
    list.update();
    const { count: rows, complete } = source;
    const rest = complete ? rows : rows - 1;
    // How many there are in all is in the bar.
    found.textContent = isEverything() ? "" : `${count(rest)}${complete ? "" : "+"} ${rest === 1 ? "event" : "events"}`;
    empty.hidden = rows > 0;
  }

  function renderRow(item: LogItem | undefined): (Node | string)[] {
    if (item === undefined) return [h("span", { class: "cell loading" }, "…")];
    const position = h("span", { class: "cell position" }, count(item.position));
    if (isBroken(item)) return [position, h("span", { class: "cell broken" }, "cannot be read")];
    learn(item.type);
    return [
      position,
      h("span", { class: "cell time" }, clockTime(item.timestamp)),
      typeMark(item.type),
      h("span", { class: "cell stream", title: item.stream }, item.stream),
      h("span", { class: "cell data" }, item.data === undefined ? "" : preview(item.data)),
    ];
  }

  function learn(type: string): void {
    if (seenTypes.has(type) || seenTypes.size > 500) return;
    seenTypes.add(type);
    knownTypes.append(h("option", { value: type }));
  }

  /** Takes new events into the list, and again if there were others meanwhile. */
  function grow(): void {
    due = busy;
    if (busy) return;
    const mine = source;
    busy = true;
    const done = (): void => {
      busy = false;
      if (due) grow();
    };
    growing.run(
      () => mine.grow(context.head()),
      (added) => {
        if (mine === source) {
          list.update(added);
          changed();
        }
        done();
      },
      (error) => {
        fill(trouble, problem(error));
        done();
      },
    );
  }

  /** Appends the events of an export, such as one of a bug report. */
  async function take(): Promise<void> {
    const [chosen] = file.files ?? [];
    if (chosen === undefined) return;
    try {
      fill(trouble);
      const { imported, deduplicated } = await context.store.importEvents(ndjson, chosen.stream());
      note.textContent = `${many(imported, "event")} imported, ${count(deduplicated)} known`;
    } catch (error) {
      fill(trouble, problem(error));
    } finally {
      file.value = "";
    }
  }

  function find(text: string): void {
    const wanted = text.trim();
    fill(note);
    fill(trouble);
    if (wanted === "") return;
    // As a number is shown, with separators.
    const position = /^[\d,]+$/.test(wanted) ? Number(wanted.replaceAll(",", "")) : 0;
    latest.run(
      async () => {
        const [byId] = await inspection.read({ ids: [wanted] }).toArray();
        if (byId !== undefined || position < 1 || position > context.head()) return byId;
        return (await inspection.read({ after: position - 1, upTo: position }).toArray())[0];
      },
      (event) => {
        if (event === undefined) note.textContent = "No event has this id or position.";
        else showEvent(event);
      },
      (error) => fill(trouble, problem(error)),
    );
  }

  /** Shows an event, and its row if the filter lets it be seen. */
  function showEvent(event: StoredEvent): void {
    shown = event.position;
    const index = source.indexOf(event.position);
    list.select(index >= 0 && index < source.count ? index : -1);
    detail.show(event);
    element.classList.add("detailed");
  }

  function closeDetail(): void {
    shown = undefined;
    element.classList.remove("detailed");
    list.select(-1);
    list.element.focus();
  }

  return {
    element,
    refresh() {
      streams.refresh();
      grow();
    },
    visit({ stream: name, position }: Destination) {
      if (name !== undefined) {
        stream.value = name;
        apply();
      }
      if (position !== undefined) find(String(position));
    },
    close() {
      latest.drop();
      growing.drop();
      streams.close();
    },
  };
}
