import { element } from "../element.ts";

/** Code that can be edited. */
export interface Editor {
  readonly code: string;
  focus(): void;
  set(code: string): void;
}

/**
 * Puts a text field over the highlighted code of a block, with the same letters in the same places: the field is typed
 * into, the code below it is seen.
 */
export async function editCode(block: HTMLElement, language: string, onRun: () => void): Promise<Editor> {
  const { highlight } = await import("../../highlight.ts");
  const shown = block.querySelector<HTMLElement>("code");
  if (shown === null) throw new Error("the block has no code");
  const field = element("textarea", {
    value: shown.textContent ?? "",
    spellcheck: false,
    autocapitalize: "off",
    wrap: "off",
  });
  field.setAttribute("aria-label", "Code of the example");
  block.querySelector("pre")?.removeAttribute("tabindex");
  block.querySelector("pre")?.append(field);
  block.classList.add("edited");

  const paint = (): void => {
    // The last line needs a character, or it would have no height.
    shown.innerHTML = `${highlight(field.value, language)}\n`;
  };
  field.addEventListener("input", paint);
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    onRun();
  });
  paint();
  return {
    get code() {
      return field.value;
    },
    focus: () => field.focus(),
    set(code) {
      field.value = code;
      paint();
    },
  };
}
