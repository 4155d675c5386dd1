const FOCUSABLE = "button:not(:disabled), input:not(:disabled), select, a[href], summary, [tabindex]";

/**
 * Keeps the focus near its place when the element that has it is removed or disabled: it moves to the first element
 * that can have it in the nearest part of the page that is still there. A browser would move it to the page's start.
 */
export function keepFocus(root: HTMLElement): void {
  /** The element with the focus, and what it is in, from inside to outside. */
  let path: readonly HTMLElement[] = [];

  root.addEventListener("focusin", ({ target }) => {
    path = target instanceof HTMLElement ? [target, ...around(target)] : [];
  });
  // The user has left it, unless it is about to be removed: then, too, it loses the focus while it is still there.
  root.addEventListener("focusout", () => {
    const left = path;
    queueMicrotask(() => {
      if (path === left && left[0]?.isConnected === true && !left[0].matches(":disabled")) path = [];
    });
  });
  new MutationObserver(() => {
    const [lost, ...places] = path;
    if (lost === undefined || (lost.isConnected && !lost.matches(":disabled"))) return;
    path = [];
    const { activeElement } = document;
    if (activeElement !== null && activeElement !== document.body && activeElement !== lost) return;
    for (const place of places) {
      if (!place.isConnected) continue;
      const next = place.matches("[tabindex]") ? place : place.querySelector<HTMLElement>(FOCUSABLE);
      next?.focus({ preventScroll: true });
      if (next != null) return;
    }
  }).observe(root, { subtree: true, childList: true, attributes: true, attributeFilter: ["disabled"] });
}

function* around(element: HTMLElement): Generator<HTMLElement> {
  for (let one = element.parentElement; one !== null; one = one.parentElement) yield one;
}
