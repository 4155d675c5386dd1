import { element } from "../element.ts";
import { editCode, type Editor } from "./editor.ts";
import { createResults } from "./results.ts";
import { runCode } from "./run-code.ts";
import { beginRun, endRun, refreshRun, type TrackedStore } from "./tracked.ts";

/** Gives every example that can run in a page its buttons. */
export function startPlaygrounds(): void {
  for (const block of document.querySelectorAll<HTMLElement>(".block.runs")) startPlayground(block);
  addEventListener("pagehide", () => void endRun());
}

function startPlayground(block: HTMLElement): void {
  const original = block.querySelector("code")?.textContent ?? "";
  const isProgram = block.dataset["program"] === "true";
  const results = createResults();
  const run = button("Run", () => void start(), "primary");
  const edit = button("Edit", () => void beginEditing());
  const stop = button("Stop", () => void endRun());
  const restore = button("Restore", () => editor?.set(original));
  const forget = button("Delete its events", () => void removeStores());
  for (const one of [stop, restore, forget]) one.hidden = true;
  block.append(element("div", { className: "buttons" }, run, stop, edit, restore, forget), results.root);

  let editor: Editor | undefined;
  let stores: readonly TrackedStore[] = [];

  async function beginEditing(): Promise<void> {
    editor = await editCode(block, () => void start());
    edit.hidden = true;
    restore.hidden = false;
    editor.focus();
  }

  async function start(): Promise<void> {
    run.disabled = true;
    stop.hidden = false;
    results.clear();
    results.status("running …");
    const failed = (event: PromiseRejectionEvent): void => results.print(messageOf(event.reason), true);
    addEventListener("unhandledrejection", failed);
    try {
      await beginRun({ printed: (line) => results.print(line), changed: show });
      await runCode(editor?.code ?? original, isProgram);
      await refreshRun();
      results.status("done");
    } catch (error) {
      results.print(messageOf(error), true);
      results.status("failed");
    }
    removeEventListener("unhandledrejection", failed);
    run.disabled = false;
    stop.hidden = true;
  }

  function show(open: readonly TrackedStore[]): void {
    stores = open;
    results.show(open);
    forget.hidden = open.every(({ name }) => name === undefined);
  }

  async function removeStores(): Promise<void> {
    await Promise.all(stores.map((store) => store.remove()));
    results.clear();
    results.status("its events are deleted");
    forget.hidden = true;
  }
}

function button(text: string, onClick: () => void, kind = ""): HTMLButtonElement {
  const made = element("button", { type: "button", className: kind }, text);
  made.addEventListener("click", onClick);
  return made;
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as Error & { readonly code?: string };
  return `${code ?? error.name}: ${error.message}`;
}
