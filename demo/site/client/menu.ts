/** On narrow screens the menu opens below a button. On all of them it shows the current page, and the outline the current section. */
export function startMenu(): void {
  const button = document.querySelector<HTMLButtonElement>(".menu-button");
  const menu = document.querySelector<HTMLElement>("#menu");
  if (button === null || menu === null) return;
  const current = menu.querySelector<HTMLElement>("[aria-current]");
  const showCurrent = (): void => {
    if (current === null) return;
    const { top } = menu.getBoundingClientRect();
    menu.scrollTop += current.getBoundingClientRect().top - top - menu.clientHeight / 3;
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    const isOpen = menu.classList.toggle("open");
    button.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) return;
    showCurrent();
    (current ?? menu.querySelector<HTMLElement>("a"))?.focus({ preventScroll: true });
  });
  document.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape" || !menu.classList.contains("open")) return;
    menu.classList.remove("open");
    button.setAttribute("aria-expanded", "false");
    button.focus();
  });
  showCurrent();
  followSections();
  startSkipping();
}

/** Skips to the content without following the link, which leads elsewhere in the page for unknown addresses: it has another base. */
function startSkipping(): void {
  document.querySelector(".skip")?.addEventListener("click", (event) => {
    event.preventDefault();
    document.querySelector<HTMLElement>("#content")?.focus();
  });
}

function followSections(): void {
  const links = new Map(
    [...document.querySelectorAll<HTMLAnchorElement>(".outline a")].map((link) => [
      decodeURIComponent(link.hash.slice(1)),
      link,
    ]),
  );
  const headings = [...links.keys()].map((id) => document.getElementById(id)).filter((one) => one !== null);
  if (headings.length === 0) return;
  const outline = document.querySelector<HTMLElement>("nav.outline");
  let marked: HTMLElement | undefined;
  const mark = (): void => {
    const passed = headings.filter((heading) => heading.getBoundingClientRect().top < 140);
    const link = links.get(passed.at(-1)?.id ?? "");
    if (link === marked) return;
    marked?.removeAttribute("aria-current");
    link?.setAttribute("aria-current", "true");
    marked = link;
    if (outline !== null && link !== undefined) keepInSight(outline, link);
  };
  addEventListener("scroll", mark, { passive: true });
  mark();
}

/** A long list of headings follows the reader; a short one stays as it is. */
function keepInSight(outline: HTMLElement, link: HTMLElement): void {
  const margin = outline.clientHeight / 4;
  const top = link.offsetTop - outline.scrollTop;
  if (top < margin || top > outline.clientHeight - margin)
    outline.scrollTop = link.offsetTop - outline.clientHeight / 2;
}
