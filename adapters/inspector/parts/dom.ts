/** An attribute, or with "on" in front a listener. True is the empty attribute, false and undefined none. */
type Given = string | number | boolean | undefined | ((event: never) => void);

/** What an element contains: elements and texts. Nothing is ever read as HTML. */
export type Child = Node | string | number | undefined | false;

/** Makes an element. */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  given: Readonly<Record<string, Given>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) set(element, name, value);
  element.append(...toNodes(children));
  return element;
}

/** Sets an attribute, or adds a listener. */
export function set(element: Element, name: string, value: Given): void {
  if (typeof value === "function") element.addEventListener(name.slice(2), value as (event: Event) => void);
  else if (value === undefined || value === false) element.removeAttribute(name);
  else element.setAttribute(name, value === true ? "" : String(value));
}

/** Replaces what an element contains. */
export function fill(element: Element, ...children: readonly Child[]): void {
  element.replaceChildren(...toNodes(children));
}

const FOCUSABLE = "button, input, select, textarea, summary, [tabindex]";

/** What scrolls within a view. */
const SCROLLED = ".scroll, .parked";

/** Replaces what an element contains, and leaves the focus and the scrolling where they were: for what is drawn again after a change. */
export function refill(element: Element, ...children: readonly Child[]): void {
  const { activeElement } = element.getRootNode() as ShadowRoot;
  const focused = [...element.querySelectorAll(FOCUSABLE)].indexOf(activeElement ?? element);
  const scrolled = [...element.querySelectorAll(SCROLLED)].map(({ scrollTop, scrollLeft }) => [scrollTop, scrollLeft]);
  fill(element, ...children);
  element
    .querySelectorAll(SCROLLED)
    .forEach((each, index) => each.scrollTo(scrolled[index]?.[1] ?? 0, scrolled[index]?.[0] ?? 0));
  if (focused >= 0) element.querySelectorAll<HTMLElement>(FOCUSABLE)[focused]?.focus();
}

function toNodes(children: readonly Child[]): (Node | string)[] {
  return children.flatMap((child) =>
    child === undefined || child === false ? [] : [typeof child === "number" ? String(child) : child],
  );
}

/** Makes a button. */
export function button(
  text: string,
  onclick: (event: MouseEvent) => void,
  given: Readonly<Record<string, Given>> = {},
): HTMLButtonElement {
  return h("button", { type: "button", onclick, ...given }, text);
}

const PATHS = {
  close: "m6 6 12 12M18 6 6 18",
  back: "m15 5-7 7 7 7",
  next: "m9 5 7 7-7 7",
  save: "M12 4v11m-5-5 5 5 5-5M5 20h14",
} as const;

/** Makes a button with an icon; its name is told to screen readers. */
export function iconButton(
  icon: keyof typeof PATHS,
  name: string,
  onclick: () => void,
  given: Readonly<Record<string, Given>> = {},
): HTMLButtonElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", PATHS[icon]);
  svg.append(path);
  return h("button", { type: "button", class: "icon", "aria-label": name, title: name, onclick, ...given }, svg);
}

/** A field with its label. */
export function field(label: string, input: HTMLElement): HTMLLabelElement {
  return h("label", { class: "field" }, h("span", {}, label), input);
}

/** Terms and what they are. A missing one is left out. */
export function facts(list: readonly (readonly [term: string, value: Child])[]): HTMLDListElement {
  const shown = list.filter(([, value]) => value !== undefined && value !== false);
  return h("dl", {}, ...shown.map(([term, value]) => h("div", {}, h("dt", {}, term), h("dd", {}, value))));
}

/** A part of a view with its heading. */
export function section(title: string, ...children: readonly Child[]): HTMLElement {
  return h("section", {}, h("h3", {}, title), ...children);
}

/** A word in a coloured frame. */
export function badge(text: string, tone: "good" | "bad" | "past" | "plain" = "plain"): HTMLElement {
  return h("span", { class: `badge ${tone}` }, text);
}

/** An error, as the library tells it. */
export function problem(error: unknown): HTMLElement {
  const { code, message } = Object(error) as { readonly code?: unknown; readonly message?: unknown };
  return h(
    "p",
    { class: "problem", role: "alert" },
    typeof code === "string" && h("code", {}, code),
    typeof message === "string" ? message : String(error),
  );
}
