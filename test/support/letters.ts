import type { RunOptions } from "axe-core";
import type { Page } from "playwright-core";
import { prepareAxe, type WithAxe } from "./looks.ts";

/**
 * Returns the letters that are hard to tell from their ground. On many pages this takes long, so letters of the same colour, size and ground
 * are looked at until axe has found some of them readable: `readable` keeps these kinds from page to page. Letters that axe cannot decide, such as
 * one alone, are not among them.
 */
export async function faintIn(page: Page, readable: Set<string>): Promise<readonly string[]> {
  await prepareAxe(page);
  const { faint, passed } = await page.evaluate(checkLetters, [...readable]);
  for (const kind of passed) readable.add(kind);
  return faint;
}

interface Checked {
  readonly faint: readonly string[];
  readonly passed: readonly string[];
}

/** Runs in a page: looks at letters of kinds that are not known as readable. */
async function checkLetters(readable: readonly string[]): Promise<Checked> {
  // Of one alone axe may be unable to decide.
  const MOST_OF_A_KIND = 2;
  const known = new Set(readable);
  const kinds = new Map<string, Element[]>();
  for (const one of lettered()) {
    const kind = kindOf(one);
    const same = kinds.get(kind) ?? [];
    if (!known.has(kind) && same.length < MOST_OF_A_KIND) kinds.set(kind, [...same, one]);
  }
  const included = [...kinds.values()].flat();
  if (included.length === 0) return { faint: [], passed: [] };
  const { runAxe } = globalThis as unknown as WithAxe;
  const options: RunOptions = { runOnly: ["color-contrast"], resultTypes: ["violations", "passes"] };
  const { violations, passes } = await runAxe({ include: included }, options);
  const elementsOf = (found: typeof passes): Element[] =>
    found.flatMap(({ nodes }) => nodes.map(({ element }) => element));
  return {
    faint: elementsOf(violations).map((one) => `${kindOf(one)}: ${one.outerHTML.slice(0, 200)}`),
    passed: elementsOf(passes).map(kindOf),
  };

  /** The elements that have letters of their own, and are shown. */
  function lettered(): readonly Element[] {
    const found = new Set<Element>(document.querySelectorAll("input, textarea, select"));
    const nodes = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = nodes.nextNode(); node !== null; node = nodes.nextNode()) {
      const text = (node.textContent ?? "").trim();
      if (text.length > 1 && node.parentElement !== null) found.add(node.parentElement);
    }
    return [...found].filter((one) => one.closest("svg, script, style") === null && one.checkVisibility());
  }

  /** What the contrast of an element's letters depends on. */
  function kindOf(one: Element): string {
    const { color, fontSize, fontWeight } = getComputedStyle(one);
    const grounds: string[] = [];
    for (let around: Element | null = one; around !== null; around = around.parentElement) {
      const { backgroundColor, backgroundImage, opacity } = getComputedStyle(around);
      if (opacity !== "1") grounds.push(opacity);
      if (backgroundImage !== "none") grounds.push(backgroundImage.slice(0, 50));
      if (backgroundColor !== "rgba(0, 0, 0, 0)") grounds.push(backgroundColor);
    }
    return [color, fontSize, fontWeight, ...grounds].join(" ");
  }
}
