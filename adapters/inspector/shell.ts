import type { EventStore } from "../../src/index.ts";
import { inspectStore } from "../../src/inspection/index.ts";
import { createExportDialog } from "./export-dialog.ts";
import { createHandle } from "./parts/handle.ts";
import { fill, h, iconButton, problem, set } from "./parts/dom.ts";
import { count, many } from "./parts/text.ts";
import { throttle } from "./parts/timers.ts";
import type { Destination, Given, View, ViewContext, ViewName } from "./view.ts";
import { createConsumersView } from "./views/consumers-view.ts";
import { createLogView } from "./views/log-view.ts";
import { createModelsView } from "./views/models-view.ts";
import { createStateView } from "./views/state-view.ts";
import { createStorageView } from "./views/storage-view.ts";
import { createSyncView } from "./views/sync-view.ts";

const VIEWS: readonly (readonly [ViewName, string, (context: ViewContext) => View])[] = [
  ["log", "Log", createLogView],
  ["state", "State", createStateView],
  ["models", "Read models", createModelsView],
  ["consumers", "Consumers", createConsumersView],
  ["storage", "Storage", createStorageView],
  ["sync", "Sync", createSyncView],
];

/** The shortest time between two refreshes while events arrive, in milliseconds. */
const PAUSE = 150;

/** What is in the element: the bar with the views' names, and one of them. */
export interface Shell {
  /** Ends everything; returns the view that was shown. */
  close(): ViewName;
}

export function createShell(
  host: HTMLElement,
  root: ShadowRoot,
  store: EventStore | undefined,
  given: Given,
  first: ViewName = "log",
): Shell {
  const docked = host.hasAttribute("docked");
  const head = h("span", { class: "head" });
  const tabs = VIEWS.map(([name, label]) =>
    h(
      "button",
      { type: "button", role: "tab", id: `tab-${name}`, "aria-controls": "panel", onclick: () => open(name) },
      label,
    ),
  );
  const tablist = h("div", { role: "tablist", "aria-label": "Views", onkeydown: moveTabs }, ...tabs);
  const trouble = h("div", {});
  const panel = h("div", { id: "panel", role: "tabpanel" });
  const bar = h(
    "div",
    { class: "bar" },
    h("span", { class: "brand" }, "rivulet"),
    tablist,
    head,
    docked && iconButton("close", "Close the inspector", closeDock),
  );
  const shell = h("div", { class: "shell" }, docked && createHandle(host), bar, trouble, panel);
  root.replaceChildren(shell);

  const views = new Map<ViewName, View>();
  let shown: ViewName = first;
  let newest = 0;
  let ended = false;
  const context = store === undefined ? undefined : begin(store);
  const repeat = throttle(refresh, PAUSE);
  const stop = context && subscribe(context);
  if (context === undefined) {
    if (store === undefined) fill(trouble, h("p", { class: "empty" }, "No store: set the property store."));
    return { close: () => shown };
  }
  open(first);
  void start(context);

  function begin(opened: EventStore): ViewContext | undefined {
    try {
      const inspection = inspectStore(opened);
      const dialog = createExportDialog({ inspection, head: () => newest });
      shell.append(dialog.element);
      return { ...given, store: opened, inspection, head: () => newest, go, exportEvents: dialog.open };
    } catch (error) {
      fill(trouble, problem(error));
      return undefined;
    }
  }

  async function start({ store: opened }: ViewContext): Promise<void> {
    try {
      moveTo(await opened.head());
      repeat.call();
    } catch (error) {
      end(error);
    }
  }

  function subscribe({ inspection }: ViewContext): () => void {
    return inspection.subscribe({
      onChange(position) {
        moveTo(Math.max(newest, position));
        repeat.call();
      },
      onEnd: end,
    });
  }

  function moveTo(position: number): void {
    newest = position;
    head.textContent = many(newest, "event");
    head.title = `The newest position is ${count(newest)}.`;
    head.classList.add("live");
  }

  /** What was shown stays, to be read. */
  function end(error: unknown): void {
    ended = true;
    head.classList.remove("live");
    fill(trouble, problem(error));
  }

  function refresh(): void {
    if (!ended) views.get(shown)?.refresh();
  }

  function open(name: ViewName): void {
    if (context === undefined) return;
    shown = name;
    for (const [index, tab] of tabs.entries()) {
      const isShown = VIEWS[index]?.[0] === name;
      set(tab, "aria-selected", isShown ? "true" : "false");
      tab.tabIndex = isShown ? 0 : -1;
      if (isShown)
        tablist.scrollLeft = tab.offsetLeft - tablist.offsetLeft - (tablist.clientWidth - tab.offsetWidth) / 2;
    }
    set(panel, "aria-labelledby", `tab-${name}`);
    let view = views.get(name);
    if (view === undefined) {
      view = (VIEWS.find(([each]) => each === name) as (typeof VIEWS)[number])[2](context);
      views.set(name, view);
    }
    fill(panel, view.element);
    refresh();
  }

  function go(name: ViewName, destination: Destination): void {
    open(name);
    views.get(name)?.visit?.(destination);
  }

  function moveTabs(event: KeyboardEvent): void {
    const at = VIEWS.findIndex(([name]) => name === shown);
    const steps: Readonly<Record<string, number>> = {
      ArrowRight: at + 1,
      ArrowLeft: at - 1,
      Home: 0,
      End: VIEWS.length - 1,
    };
    const next = steps[event.key];
    if (next === undefined) return;
    event.preventDefault();
    const index = (next + VIEWS.length) % VIEWS.length;
    open((VIEWS[index] as (typeof VIEWS)[number])[0]);
    tabs[index]?.focus();
  }

  function closeDock(): void {
    if (host.dispatchEvent(new Event("close", { cancelable: true }))) host.remove();
  }

  return {
    close() {
      stop?.();
      repeat.end();
      for (const view of views.values()) view.close?.();
      return shown;
    },
  };
}
