import { h } from "./dom.ts";
import { hueOf } from "./text.ts";

/** The type of an event, with a colour of its own. */
export function typeMark(type: string): HTMLElement {
  const mark = h("span", { class: "dot", "aria-hidden": "true" });
  mark.style.setProperty("--hue", String(hueOf(type)));
  return h("span", { class: "cell type", title: type }, mark, type);
}
