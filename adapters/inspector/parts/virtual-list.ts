import { h, set } from "./dom.ts";

/** The height of a row in pixels, as in the styles. */
const ROW = 30;

/** How many rows beyond the visible ones are rendered, and how tall an element may be in every browser. */
const BEYOND = 6;
const TALLEST = 8_000_000;

/** What a list shows: items by index, some of which may not be loaded yet. */
export interface ListSource<Item> {
  readonly count: number;
  at(index: number): Item | undefined;
  /** Loads items, and calls `update` of the list when they are there. */
  ensure(from: number, to: number): void;
}

/** A list of which only the rows in sight exist. */
export interface VirtualList {
  readonly element: HTMLElement;
  /** Renders again, after the source has changed. `added`: how many items there are now before those that were first. */
  update(added?: number): void;
  /** Selects a row and shows it; -1 selects none. */
  select(index: number): void;
  /** The selected row, or -1. */
  readonly selected: number;
}

export interface ListOptions<Item> {
  readonly label: string;
  readonly source: () => ListSource<Item>;
  /** Fills a row; undefined: it is not loaded yet. */
  readonly render: (item: Item | undefined, index: number) => readonly (Node | string)[];
  /** Called when the user selects a row. */
  readonly onSelect: (index: number) => void;
}

let lists = 0;

/** Makes a list that the keyboard moves in: arrows, page up and down, home and end. */
export function createVirtualList<Item>({ label, source, render, onSelect }: ListOptions<Item>): VirtualList {
  const prefix = `list-${++lists}-`;
  const space = h("div", { class: "space", role: "presentation" });
  const element = h(
    "div",
    {
      class: "list",
      role: "listbox",
      tabindex: 0,
      "aria-label": label,
      onscroll: draw,
      onkeydown: move,
      onclick: click,
    },
    space,
  );
  let selected = -1;
  new ResizeObserver(() => draw()).observe(element);

  /** How many pixels of all rows together are above the visible ones. Differs from `scrollTop` if they are taller than an element may be. */
  function hidden(total: number): number {
    const view = element.clientHeight;
    const height = Math.min(total, TALLEST);
    return height === total ? element.scrollTop : (element.scrollTop * (total - view)) / Math.max(1, height - view);
  }

  function draw(): void {
    const { count, at, ensure } = bound();
    const total = count * ROW;
    space.style.height = `${Math.min(total, TALLEST)}px`;
    const above = hidden(total);
    const from = Math.max(0, Math.floor(above / ROW) - BEYOND);
    const to = Math.min(count, Math.ceil((above + element.clientHeight) / ROW) + BEYOND);
    const rows: HTMLElement[] = [];
    for (let index = from; index < to; index++) {
      const row = h(
        "div",
        {
          class: "row",
          id: prefix + index,
          role: "option",
          "data-index": index,
          "aria-selected": index === selected ? "true" : "false",
          "aria-setsize": count,
          "aria-posinset": index + 1,
        },
        ...render(at(index), index),
      );
      row.style.transform = `translateY(${element.scrollTop + index * ROW - above}px)`;
      rows.push(row);
    }
    space.replaceChildren(...rows);
    set(element, "aria-activedescendant", selected >= from && selected < to ? prefix + selected : undefined);
    if (to > from) ensure(from, to);
  }

  function bound(): ListSource<Item> {
    const now = source();
    return { count: now.count, at: (index) => now.at(index), ensure: (from, to) => now.ensure(from, to) };
  }

  function reveal(index: number): void {
    const total = source().count * ROW;
    const above = hidden(total);
    const view = element.clientHeight;
    const wanted = Math.min(Math.max(above, (index + 1) * ROW - view), index * ROW);
    if (wanted === above) return;
    const height = Math.min(total, TALLEST);
    element.scrollTop = height === total ? wanted : (wanted * (height - view)) / Math.max(1, total - view);
  }

  function choose(index: number): void {
    selected = Math.max(-1, Math.min(index, source().count - 1));
    if (selected >= 0) reveal(selected);
    draw();
  }

  function move(event: KeyboardEvent): void {
    const page = Math.max(1, Math.floor(element.clientHeight / ROW) - 1);
    const steps: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page };
    const step = steps[event.key];
    const end = event.key === "Home" ? 0 : event.key === "End" ? source().count - 1 : undefined;
    if (step === undefined && end === undefined && event.key !== "Enter") return;
    event.preventDefault();
    if (event.key !== "Enter") choose(end ?? Math.max(0, selected + (step ?? 0)));
    if (selected >= 0) onSelect(selected);
  }

  function click(event: MouseEvent): void {
    const row = (event.target as Element).closest<HTMLElement>("[data-index]");
    if (row === null) return;
    choose(Number(row.dataset["index"]));
    onSelect(selected);
  }

  return {
    element,
    get selected() {
      return selected;
    },
    select: choose,
    update(added = 0) {
      if (selected >= 0) selected += added;
      const before = element.scrollTop;
      space.style.height = `${Math.min(source().count * ROW, TALLEST)}px`;
      // What is read stays where it is, but the newest are shown to whoever looks at the newest.
      if (added > 0 && before > 0) element.scrollTop = before + added * ROW;
      draw();
    },
  };
}
