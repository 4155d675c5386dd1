import { BESIDE, isComponent } from "../../examples.ts";
import { element } from "../element.ts";
import type { Source } from "./compile.ts";
import { editCode, type Editor } from "./editor.ts";
import { messageOf } from "./inspect.ts";
import { createResults } from "./results.ts";
import { runCode } from "./run-code.ts";
import { beginRun, endRun, refreshRun, type TrackedStore } from "./tracked.ts";

/** Gives every example that can run in a page its buttons. */
export function startPlaygrounds(): void {
  for (const block of document.querySelectorAll<HTMLElement>(".block.runs")) startPlayground(block);
  addEventListener("pagehide", () => void endRun());
}

function startPlayground(block: HTMLElement): void {
  const original = textOf(block);
  const { language = "ts" } = block.dataset;
  const results = createResults(isComponent(language));
  const run = button("Run", () => void start(), "primary");
  const edit = button("Edit", () => void beginEditing());
  const stop = button("Stop", () => void endRun());
  const restore = button("Restore", () => editor?.restore());
  const forget = button("Delete its events", () => void removeStores());
  const close = button("Close", () => void closeResults());
  const onDemand = [stop, restore, forget, close];
  for (const one of onDemand) one.hidden = true;
  block.append(element("div", { className: "buttons" }, run, stop, edit, restore, forget, close), results.root);

  let editor: Editor | undefined;
  let stores: readonly TrackedStore[] = [];

  async function beginEditing(): Promise<void> {
    editor = await editCode(block, language, () => void start());
    edit.hidden = true;
    restore.hidden = false;
    editor.focus();
  }

  async function start(): Promise<void> {
    const running = new AbortController();
    const { signal } = running;
    addEventListener("unhandledrejection", ({ reason }) => results.print(messageOf(reason), true), {
      signal,
    });
    close.hidden = false;
    results.root.hidden = false;
    block.classList.add("ran");
    let goesOn = false;
    try {
      const ready = beginRun({ changed: show, ended: () => (running.abort(), ended()) });
      run.disabled = true;
      stop.hidden = false;
      await ready;
      if (signal.aborted) return;
      const root = results.clear();
      results.status("running …");
      await runCode({
        code: editor?.code ?? original,
        language,
        beside: sourceBeside(),
        root,
        signal,
        print: results.print,
      });
      await refreshRun();
      if (signal.aborted) return;
      goesOn = isComponent(language);
      results.status(goesOn ? "running: try it" : "done");
    } catch (error) {
      // A run that was stopped may fail later, when another one is shown.
      if (signal.aborted) return;
      results.print(messageOf(error), true);
      results.status("failed");
    }
    run.disabled = false;
    stop.hidden = !goesOn;
  }

  function show(open: readonly TrackedStore[]): void {
    stores = open;
    results.show(open);
    forget.hidden = open.every(({ name }) => name === undefined);
  }

  function ended(): void {
    // What it has begun may never end: it is told no more.
    if (!stop.hidden) results.status("stopped");
    run.disabled = false;
    stop.hidden = true;
    results.end();
  }

  async function closeResults(): Promise<void> {
    await endRun();
    for (const one of onDemand) one.hidden = one !== restore || editor === undefined;
    results.root.hidden = true;
    block.classList.remove("ran");
    run.focus();
  }

  async function removeStores(): Promise<void> {
    const removed = stores;
    await endRun();
    await Promise.all(removed.map((store) => store.remove()));
    results.clear();
    // Without the element in which a component is shown: the next example has one of the same id.
    results.end();
    results.status("its events are deleted");
    forget.hidden = true;
    run.focus();
  }
}

/** The block of a page that is the file which its components import. */
function sourceBeside(): Source | undefined {
  const mark = `// ${BESIDE.replace("./", "")}.ts\n`;
  const code = [...document.querySelectorAll<HTMLElement>(".block")].map(textOf).find((text) => text.startsWith(mark));
  return code === undefined ? undefined : { code, language: "ts" };
}

function textOf(block: HTMLElement): string {
  return block.querySelector("code")?.textContent ?? "";
}

function button(text: string, onClick: () => void, kind = ""): HTMLButtonElement {
  const made = element("button", { type: "button", className: kind }, text);
  made.addEventListener("click", onClick);
  return made;
}
