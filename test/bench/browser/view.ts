/** What a page tells about its first view. */
export interface View {
  /** When the page's script was loaded, in milliseconds from the start of the navigation. */
  loaded(): number;
  /** When this was shown first, in the same way. */
  time(mark: Mark): number | undefined;
  appendMany(count: number): Promise<unknown>;
}

/** A state that is known at once, and the one that is read from the database. */
export type Mark = "rendered" | "live";

declare global {
  interface Window {
    view: View;
  }
}

/** Makes a page's first view measurable. */
export function tellView(appendMany: (items: readonly string[]) => unknown): View {
  window.view = {
    loaded() {
      const { src } = document.querySelector("script[src]") as HTMLScriptElement;
      return (performance.getEntriesByName(src)[0] as PerformanceResourceTiming).responseEnd;
    },
    time: (mark) => performance.getEntriesByName(mark)[0]?.startTime,
    appendMany: async (count) => appendMany(Array.from({ length: count }, (_, index) => `the item ${index}`)),
  };
  return window.view;
}

/** Shows a list, and what it is. */
export function render(state: readonly string[], what: string): void {
  document
    .querySelector("ul")
    ?.replaceChildren(...state.map((item) => Object.assign(document.createElement("li"), { textContent: item })));
  (document.querySelector("p") as HTMLElement).textContent = what;
}

/** The same, with its mark. */
export function show(state: readonly string[], mark: Mark): void {
  render(state, mark);
  performance.mark(mark);
}
