import type { RunOptions } from "axe-core";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { ROOT } from "./run-node.ts";

/** Half as long as what the package exports, which every page has to parse. */
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** The folder of the screenshots; git ignores it. */
const PICTURES = join(ROOT, ".build/screenshots");

export const PHONE = { width: 390, height: 844 };
export const DESKTOP = { width: 1280, height: 900 };
export const THEMES = ["light", "dark"] as const;

interface Finding {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly element: Element }[];
}

/** What axe is called by in a page, after `prepareAxe`. */
export interface WithAxe {
  runAxe(
    context: object,
    options: RunOptions,
  ): Promise<{ readonly violations: readonly Finding[]; readonly passes: readonly Finding[] }>;
}

/** Saves a picture of the whole page. */
export async function picture(page: Page, name: string): Promise<void> {
  mkdirSync(PICTURES, { recursive: true });
  await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true });
}

/** Returns the serious and critical findings of axe. `ignored`: rules that are not looked at. */
export async function seriousIn(page: Page, ignored: readonly string[] = []): Promise<readonly string[]> {
  await prepareAxe(page);
  return page.evaluate(async (rules) => {
    const { runAxe } = globalThis as unknown as WithAxe;
    const disabled = Object.fromEntries(rules.map((rule) => [rule, { enabled: false }]));
    const { violations } = await runAxe(document, { resultTypes: ["violations"], rules: disabled });
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .flatMap(({ id, nodes }) => nodes.map(({ element }) => `${id}: ${element.outerHTML.slice(0, 200)}`));
  }, ignored);
}

/**
 * Makes axe available in a page. Over a gradient, such as the shade at the edge of code that can be moved, it cannot tell the contrast of
 * letters, and finds nothing: meanwhile such a ground has one colour.
 */
export async function prepareAxe(page: Page): Promise<void> {
  if (await page.evaluate(() => "runAxe" in globalThis)) return;
  await page.evaluate(AXE);
  await page.evaluate(() => {
    const { axe: loaded } = globalThis as unknown as { axe: { run: WithAxe["runAxe"] } };
    const flat = new CSSStyleSheet();
    flat.replaceSync(".block pre, .table, .rows { background-image: none !important }");
    const runAxe: WithAxe["runAxe"] = async (context, options) => {
      document.adoptedStyleSheets.push(flat);
      try {
        return await loaded.run(context, { ...options, elementRef: true });
      } finally {
        document.adoptedStyleSheets.pop();
      }
    };
    Object.assign(globalThis, { runAxe });
  });
}

/** Returns by how many pixels the page is wider than its window. */
export function sticksOut(page: Page): Promise<number> {
  return page.evaluate(() => Math.max(0, document.documentElement.scrollWidth - innerWidth));
}

/**
 * Runs in a page: finds what sticks out of it, texts that are cut off without a way to see the rest, headings with an empty line, numbers
 * of a list outside of the text, code in a text that is short and broken all the same, or broken within a name or after a bracket, words with
 * a hyphen and bounds ("at least 2") that are broken, commands that are broken within a short word, drawings whose letters are too small, and
 * tables, drawings and code that have to be moved.
 */
export function findCut(): string[] {
  const all = (selector: string): HTMLElement[] => [...document.querySelectorAll<HTMLElement>(selector)];
  const isWide = (one: HTMLElement): boolean => one.clientWidth > 0 && one.scrollWidth > one.clientWidth + 1;
  const cut = all("body *").filter((one) => isWide(one) && /hidden|clip/.test(getComputedStyle(one).overflowX));
  const moved = all(".table, .drawing, .block pre").filter(isWide);
  const listed = all("ol").filter((one) => {
    const room = parseFloat(getComputedStyle(one).paddingLeft);
    return one.children.length > 9 && room < 1.9 * parseFloat(getComputedStyle(one).fontSize);
  });
  const texts = all(":not(pre) > code").filter((one) => one.closest("nav") === null && one.getClientRects().length > 1);
  const broken = texts.filter((one) => /^.{1,24}$/.test(one.innerText) || isBrokenBadly(one));
  const words = all(".prose, .menu, .outline").flatMap(brokenWordsOf);
  const parted = all(".commands .line").filter(isParted);
  const small = all("picture > img").filter((one) => {
    const narrow = one.parentElement?.querySelector("source");
    const drawn = narrow !== null && narrow !== undefined && matchMedia(narrow.media).matches ? narrow : one;
    return one.clientWidth < 0.85 * Number(drawn.getAttribute("width"));
  });
  const empty = all("h2, h3, h4").filter((one) => {
    const text = document.createRange();
    text.selectNodeContents(one);
    const anchor = one.querySelector(".anchor");
    if (anchor !== null) text.setEndBefore(anchor);
    const { paddingTop } = getComputedStyle(one);
    return one.clientHeight - parseFloat(paddingTop) > text.getBoundingClientRect().height * 1.5 + 4;
  });
  const page = document.documentElement.scrollWidth > innerWidth ? [document.documentElement] : [];
  const found = [...page, ...cut, ...moved, ...listed, ...broken, ...parted, ...small, ...empty];
  return [...found.map((one) => `${one.tagName} ${one.innerText.slice(0, 60)}`), ...words];

  /** The short words with a hyphen, and the bounds, that are on two lines. */
  function brokenWordsOf(one: HTMLElement): readonly string[] {
    const inTwo: string[] = [];
    const nodes = document.createTreeWalker(one, NodeFilter.SHOW_TEXT);
    for (let node = nodes.nextNode(); node !== null; node = nodes.nextNode()) {
      if (node.parentElement?.closest("pre, svg") !== null) continue;
      for (const { 0: word, index } of (node.textContent ?? "").matchAll(
        /[\w@/.]+(?:-[\w/.]+)+|at (?:least|most)\s\d/g,
      )) {
        const range = document.createRange();
        range.setStart(node, word.startsWith("at ") ? index + 3 : index);
        range.setEnd(node, index + word.length);
        const tops = [...range.getClientRects()].map(({ top }) => top);
        if (word.length <= 16 && Math.max(...tops) - Math.min(...tops) > 4) inTwo.push(`"${word}" is broken`);
      }
    }
    return inTwo;
  }

  /** The letters of an element, each with the place of its line. */
  function lettersOf(one: HTMLElement): readonly { readonly letter: string; readonly top: number }[] {
    const letters: { readonly letter: string; readonly top: number }[] = [];
    const nodes = document.createTreeWalker(one, NodeFilter.SHOW_TEXT);
    for (let node = nodes.nextNode(); node !== null; node = nodes.nextNode()) {
      const text = node.textContent ?? "";
      for (let index = 0; index < text.length; index += 1) {
        const range = document.createRange();
        range.setStart(node, index);
        range.setEnd(node, index + 1);
        letters.push({ letter: text.charAt(index), top: range.getBoundingClientRect().top });
      }
    }
    return letters;
  }

  /** Whether a line of the code begins within a name or after its hyphen, or the one before ends with a bracket that stands alone. */
  function isBrokenBadly(code: HTMLElement): boolean {
    const letters = lettersOf(code);
    return letters.some(({ letter, top }, index) => {
      const before = letters[index - 1];
      if (before === undefined || /\s/.test(letter) || Math.abs(before.top - top) < 4) return false;
      const line = letters
        .slice(0, index)
        .map((one) => one.letter)
        .join("")
        .trimEnd();
      const [name = ""] = /[\w.-]*\w-$/.exec(line) ?? [];
      const isHyphenated = name !== "" && /\w/.test(letter) && name.length < 12;
      return (/\w/.test(letter) && /\w/.test(before.letter)) || isHyphenated || /(?:^|\s)[({[]+$/.test(line);
    });
  }

  /** Whether a word, or a part of a path, that has a place on a line of its own is in two. */
  function isParted(commands: HTMLElement): boolean {
    const letters = lettersOf(commands);
    const text = letters.map(({ letter }) => letter).join("");
    return [...text.matchAll(/\S+/g), ...text.matchAll(/[^\s/?]+[/?]?/g)].some(({ 0: word, index }) => {
      const tops = letters.slice(index, index + word.length).map(({ top }) => top);
      return word.length <= 30 && Math.max(...tops) - Math.min(...tops) > 4;
    });
  }
}

/** Runs in a page: finds what can be moved sideways without a shade at the edge beyond which there is more. */
export function findUnshaded(): string[] {
  const all = [...document.querySelectorAll<HTMLElement>(".prose *")];
  const moved = all.filter((one) => one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0);
  const unshaded = moved.filter((one) => {
    const { overflowX, backgroundImage } = getComputedStyle(one);
    return /auto|scroll/.test(overflowX) && !backgroundImage.includes("gradient");
  });
  return unshaded.map((one) => `${one.tagName} ${one.className} ${one.innerText.slice(0, 60)}`);
}

/** Runs in a page: finds buttons that lie over code without being pointed at. */
export function findCovered(): string[] {
  const buttons = [...document.querySelectorAll<HTMLElement>(".block .copy")];
  const covering = buttons.filter((button) => {
    const code = button.parentElement?.querySelector("pre")?.getBoundingClientRect();
    const { top, height } = button.getBoundingClientRect();
    return code !== undefined && height > 0 && getComputedStyle(button).opacity === "1" && top < code.bottom;
  });
  return covering.map(({ parentElement }) => parentElement?.innerText.slice(0, 60) ?? "");
}
