import axe from "axe-core";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { ROOT } from "./run-node.ts";

/** The folder of the screenshots; git ignores it. */
const PICTURES = join(ROOT, ".build/screenshots");

export const PHONE = { width: 390, height: 844 };
export const DESKTOP = { width: 1280, height: 900 };
export const THEMES = ["light", "dark"] as const;

interface Violation {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly html: string }[];
}

/** Saves a picture of the whole page. */
export async function picture(page: Page, name: string): Promise<void> {
  mkdirSync(PICTURES, { recursive: true });
  await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true });
}

/** Returns the serious and critical findings of axe. */
export async function seriousIn(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  const violations = await page.evaluate(async () => {
    const { axe: inPage } = globalThis as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } };
    return (await inPage.run()).violations;
  });
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
}

/** Returns by how many pixels the page is wider than its window. */
export function sticksOut(page: Page): Promise<number> {
  return page.evaluate(() => Math.max(0, document.documentElement.scrollWidth - innerWidth));
}

/**
 * Runs in a page: finds what sticks out of it, texts that are cut off without a way to see the rest, headings with an empty line, and
 * tables to be read as lists that have to be moved.
 */
export function findCut(): string[] {
  const all = (selector: string): HTMLElement[] => [...document.querySelectorAll<HTMLElement>(selector)];
  const isWide = (one: HTMLElement): boolean => one.clientWidth > 0 && one.scrollWidth > one.clientWidth + 1;
  const cut = all("body *").filter((one) => isWide(one) && /hidden|clip/.test(getComputedStyle(one).overflowX));
  const moved = all(".texts, .measured").filter((one) => innerWidth < 800 && isWide(one));
  const empty = all("h2, h3, h4").filter((one) => {
    const text = document.createRange();
    text.selectNodeContents(one);
    const anchor = one.querySelector(".anchor");
    if (anchor !== null) text.setEndBefore(anchor);
    const { paddingTop } = getComputedStyle(one);
    return one.clientHeight - parseFloat(paddingTop) > text.getBoundingClientRect().height * 1.5 + 4;
  });
  const page = document.documentElement.scrollWidth > innerWidth ? [document.documentElement] : [];
  return [...page, ...cut, ...moved, ...empty].map((one) => `${one.tagName} ${one.innerText.slice(0, 60)}`);
}
