import type { StreamSummary } from "../../../src/index.ts";
import { h } from "../parts/dom.ts";
import { createLatest } from "../parts/latest.ts";
import { throttle } from "../parts/timers.ts";
import { count } from "../parts/text.ts";
import { createVirtualList, type ListSource } from "../parts/virtual-list.ts";
import type { ViewContext } from "../view.ts";

/** How many streams are listed at first, and how many more when one scrolls to their end. */
const PAGE = 300;

/** How long a list is shown before the versions are read again, in milliseconds. */
const PAUSE = 500;

/** The streams with their versions. */
export interface StreamNames {
  readonly element: HTMLElement;
  refresh(): void;
  /** Marks the stream that the log is filtered by. */
  mark(name: string): void;
  close(): void;
}

export function createStreamList({ store }: ViewContext, onSelect: (name: string) => void): StreamNames {
  const latest = createLatest();
  let streams: readonly StreamSummary[] = [];
  let wanted = PAGE;
  let complete = false;
  let marked = "";

  const source: ListSource<StreamSummary> = {
    get count() {
      return streams.length;
    },
    at: (index) => streams[index],
    ensure(_from, to) {
      if (complete || to < streams.length - 20 || wanted > streams.length) return;
      wanted += PAGE;
      load();
    },
  };
  const list = createVirtualList<StreamSummary>({
    label: "Streams",
    source: () => source,
    render: (item) => [
      h("span", { class: "cell name", title: item?.name }, item?.name ?? "…"),
      h("span", { class: "cell version" }, item === undefined ? "" : count(item.version)),
    ],
    onSelect(index) {
      const name = streams[index]?.name;
      if (name !== undefined) onSelect(name);
    },
  });
  const title = h("h3", {}, "Streams");
  const repeat = throttle(load, PAUSE);

  function load(): void {
    latest.run(
      async () => {
        const found: StreamSummary[] = [];
        for await (const stream of store.streams()) {
          found.push(stream);
          if (found.length >= wanted) return { found, all: false };
        }
        return { found, all: true };
      },
      ({ found, all }) => {
        streams = found;
        complete = all;
        title.textContent = `Streams ${count(found.length)}${all ? "" : "+"}`;
        select();
      },
      // The log shows the same error.
      () => undefined,
    );
  }

  function select(): void {
    const index = streams.findIndex(({ name }) => name === marked);
    if (index === list.selected) list.update();
    else list.select(index);
  }

  return {
    element: h("aside", { class: "streams" }, title, list.element),
    refresh: repeat.call,
    mark(name) {
      marked = name;
      select();
    },
    close() {
      repeat.end();
      latest.drop();
    },
  };
}
