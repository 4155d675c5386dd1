import { element } from "../element.ts";

/** Code that can be edited. */
export interface Editor {
  readonly code: string;
  focus(): void;
  /** Shows the code again as it was before it was edited. */
  restore(): void;
}

/**
 * Puts a text field over the highlighted code of a block, with the same letters in the same places: the field is typed
 * into, the code below it is seen.
 */
export async function editCode(block: HTMLElement, language: string, onRun: () => void): Promise<Editor> {
  const { highlight } = await import("../../highlight.ts");
  const layouts = [...block.querySelectorAll<HTMLElement>(":scope > pre")];
  // Of two layouts of the code, the one for this width stays.
  const pre = layouts.find((one) => one.checkVisibility()) ?? layouts[0];
  const shown = pre?.querySelector("code");
  if (pre === undefined || !shown) throw new Error("the block has no code");
  for (const one of layouts) if (one !== pre) one.remove();
  block.classList.remove("both");
  const original = shown.textContent ?? "";
  const field = element("textarea", {
    value: original,
    spellcheck: false,
    autocapitalize: "off",
    wrap: "off",
  });
  field.setAttribute("aria-label", "Code of the example");
  pre.removeAttribute("tabindex");
  pre.append(field);
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
    restore() {
      field.value = original;
      paint();
    },
  };
}
