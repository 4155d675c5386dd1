import { button, h } from "./dom.ts";
import { many, preview } from "./text.ts";

/** How much of a text, and how many members of an object, are shown at once. */
const LONGEST_TEXT = 500;
const MOST_MEMBERS = 100;

/** Shows a JSON value as a tree. Members of an object are made when it is opened, so that a large value costs nothing. */
export function jsonView(value: unknown, open = 2): HTMLElement {
  const root = h("div", { class: "json" }, node(value, open));
  // The outermost object needs nothing to open it with.
  const [details] = root.children;
  const members = details?.lastElementChild;
  if (details instanceof HTMLDetailsElement && details.open && members) root.replaceChildren(members);
  return root;
}

function node(value: unknown, open: number, key?: string): HTMLElement {
  const name = key === undefined ? undefined : h("span", { class: "key" }, key);
  const colon = key === undefined ? undefined : ": ";
  if (typeof value !== "object" || value === null) return h("div", { class: "leaf" }, name, colon, scalar(value));
  const keys = Object.keys(value);
  const isList = Array.isArray(value);
  const [begin, end] = isList ? ["[", "]"] : ["{", "}"];
  if (keys.length === 0) return h("div", { class: "leaf" }, name, colon, begin + end);
  const members = h("div", { class: "members" });
  const text = preview(value, 60);
  // What is shown in full needs no count.
  const hint = text.endsWith("…") ? `${text} · ${many(keys.length, isList ? "item" : "key")}` : text;
  const details = h("details", {}, h("summary", {}, name, colon, h("span", { class: "hint" }, hint)), members);
  let shown = 0;
  const more = (): void => {
    const next = keys.slice(shown, (shown += MOST_MEMBERS));
    members.append(...next.map((each) => node((value as Record<string, unknown>)[each], open - 1, each)));
    const left = keys.length - shown;
    if (left <= 0) return;
    const rest = button(many(left, isList ? "more item" : "more key"), () => {
      rest.remove();
      more();
    });
    members.append(rest);
  };
  const begun = (): void => void (shown === 0 && more());
  if (open > 0) {
    details.open = true;
    begun();
  } else details.addEventListener("toggle", begun, { once: true });
  return details;
}

function scalar(value: unknown): HTMLElement {
  if (typeof value !== "string") return h("span", { class: value === null ? "null" : typeof value }, String(value));
  return longText(value, JSON.stringify);
}

/** Shows a text, of which only the beginning at first if it is long. */
export function longText(value: string, write: (text: string) => string = String): HTMLElement {
  const text = h("span", { class: "string" }, write(value.slice(0, LONGEST_TEXT)));
  if (value.length <= LONGEST_TEXT) return text;
  const all = button(`show all ${many(value.length, "character")}`, () => {
    text.textContent = write(value);
    all.remove();
  });
  text.append("…");
  return h("span", {}, text, " ", all);
}
