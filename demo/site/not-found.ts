import { cards } from "./home.ts";
import type { Sheet } from "./layout.ts";
import type { Section } from "./pages.ts";

/**
 * Runs in the page before its files are loaded. A server gives this page for addresses at any depth, so its links start at the nearest
 * folder above the address that has the search index.
 */
const FIND_SITE = `
const base = document.querySelector("base");
const levels = location.pathname.split("/").length - 1;
for (let level = 0, folder = base.getAttribute("href"); level < levels; level += 1, folder += "../") {
  const request = new XMLHttpRequest();
  request.open("HEAD", new URL("search.json", new URL(folder, location.href)), false);
  request.send();
  if (request.status !== 200) continue;
  base.href = folder;
  break;
}
`;

/** The page for an address that does not exist, which most hosts of static files look for by this name. */
export function notFoundSheet(sections: readonly Section[]): Sheet {
  return {
    file: "404.html",
    title: "Page not found",
    about: "There is no page at this address.",
    html: `
<h1>Page not found</h1>
<p>There is no page at this address. Search for it above, or choose a page below.</p>
<p class="ways"><a class="button primary" href="./index.html">Start page</a>
  <a class="button" href="./first-steps.html">First steps</a></p>
${sections.map(cards).join("\n")}`,
    headings: [],
    wide: true,
    script: FIND_SITE,
  };
}
