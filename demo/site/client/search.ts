import MiniSearch from "minisearch";
import { findSections, SEARCH_OPTIONS, type Found } from "../search-options.ts";
import { element } from "./element.ts";
import { excerptOf } from "./excerpt.ts";

const MOST_RESULTS = 12;

/** A section that was found, and the words of it that match. */
type Match = Found & { readonly terms: readonly string[] };

/** The search field. Its index is a file of the site, which is loaded once, so that searching needs no network. */
export function startSearch(): void {
  const place = document.querySelector<HTMLElement>("#search");
  if (place === null) return;
  const input = element("input", { type: "search", placeholder: "Search", autocomplete: "off" });
  input.setAttribute("aria-label", "Search the documentation");
  const list = element("ul", { className: "results-list", hidden: true });
  list.setAttribute("aria-label", "Results");
  const status = element("p", { className: "unseen" });
  status.setAttribute("role", "status");
  place.append(input, list, status);

  const fetchIndex = once(fetchText);
  const load = once(async () => MiniSearch.loadJSON<Found>(await fetchIndex(), SEARCH_OPTIONS));
  const warm = (): void => void fetchIndex().catch(() => undefined);
  if (typeof requestIdleCallback === "function") requestIdleCallback(warm);
  let asked = 0;

  input.addEventListener("focus", warm);
  input.addEventListener("input", () => void show());
  place.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
    if (event.key === "Enter" && event.target === input) list.querySelector("a")?.click();
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    moveFocus(event.key === "ArrowDown" ? 1 : -1);
  });
  document.addEventListener("click", ({ target }) => {
    if (!place.contains(target as Node) || list.contains(target as Node)) close();
  });
  document.addEventListener("keydown", (event) => {
    const { tagName } = event.target as HTMLElement;
    if (event.key !== "/" || tagName === "INPUT" || tagName === "TEXTAREA") return;
    event.preventDefault();
    input.focus();
  });

  async function show(): Promise<void> {
    const text = input.value.trim();
    const own = (asked += 1);
    if (text === "") return close();
    const found = await find(text).catch(() => undefined);
    if (own !== asked) return;
    list.replaceChildren(...(found === undefined ? [note("The search could not be loaded.")] : itemsOf(found, text)));
    list.hidden = false;
    status.textContent = found === undefined ? "The search could not be loaded." : tellNumber(found.length);
  }

  async function find(text: string): Promise<readonly Match[]> {
    return findSections((await load()) as unknown as { search(asked: string): readonly Match[] }, text);
  }

  function close(): void {
    if (list.contains(document.activeElement)) input.focus();
    list.hidden = true;
  }

  /** Moves through the field and the results below it. */
  function moveFocus(step: number): void {
    const stops = [input, ...list.querySelectorAll<HTMLElement>("a")];
    const at = stops.findIndex((stop) => stop === document.activeElement);
    stops[(at + step + stops.length) % stops.length]?.focus();
  }
}

/** Does something when it is first needed, and again if that has failed. */
function once<Result>(work: () => Promise<Result>): () => Promise<Result> {
  let result: Promise<Result> | undefined;
  return () => {
    result ??= work().catch((error: unknown) => {
      result = undefined;
      throw error;
    });
    return result;
  };
}

async function fetchText(): Promise<string> {
  const response = await fetch("./search.json");
  if (!response.ok) throw new Error(`the index of the search was answered with ${response.status}`);
  return response.text();
}

function itemsOf(found: readonly Match[], text: string): readonly HTMLElement[] {
  if (found.length === 0) return [note(`Nothing found for “${text}”.`)];
  return found.slice(0, MOST_RESULTS).map(itemOf);
}

/** What screen readers say of the list. */
function tellNumber(found: number): string {
  if (found > MOST_RESULTS) return `The first ${MOST_RESULTS} of ${found} results`;
  return found === 1 ? "1 result" : `${found} results`;
}

function itemOf({ id, page, title, text, terms }: Match): HTMLElement {
  const { before, match, after } = excerptOf(text, terms);
  const link = element(
    "a",
    { href: `./${id}` },
    element("strong", {}, title),
    element("span", { className: "where" }, page === title ? "" : page),
    element("span", { className: "excerpt" }, before, element("mark", {}, match), after),
  );
  return element("li", {}, link);
}

function note(text: string): HTMLElement {
  return element("li", { className: "none" }, text);
}
