import { escape } from "./highlight.ts";

/** Names of this length have a place on one line of a phone, also in a list within a list. */
const WHOLE = 24;

/** The same for words with a hyphen. */
const HYPHENATED = 16;

/** Code within a text. What is short stays on one line; what is longer is broken between its parts. */
export function inlineCode(content: string): string {
  if (content.length <= WHOLE) return `<code class="whole">${escape(content)}</code>`;
  const parts = joinBraces(content.split(" ")).map((part) => {
    if (part.length > WHOLE) return breakable(part);
    return /[^\w.]/.test(part) ? `<span class="whole">${escape(part)}</span>` : escape(part);
  });
  return `<code>${parts.join(" ")}</code>`;
}

/** A name as HTML that may be broken between its words: where there is little room, and nowhere else. */
export function breakableName(name: string): string {
  return name.replaceAll(/(?<=[a-z])(?=[A-Z])|(?<=\.)(?=\w)/g, "<wbr>");
}

/** Joins a bracket, or the dashes before options, to the word that must not be parted from it. */
function joinBraces(words: readonly string[]): readonly string[] {
  const parts: string[] = [];
  let isOpen = false;
  for (const word of words) {
    const last = parts.at(-1);
    const joined = `${last} ${word}`;
    if (last !== undefined && (isOpen || /^[)}\]]+$/.test(word)) && joined.length <= WHOLE)
      parts[parts.length - 1] = joined;
    else parts.push(word);
    isOpen = /^(?:[({[]+|--)$/.test(word);
  }
  return parts;
}

/** A long word is broken after a slash or a colon, or before the last of its names, but not after a hyphen. */
function breakable(word: string): string {
  const names = word.split(/(?<=[\w)]\/)|(?<=[\w)]\.)(?=\w{4})|(?<=\w:)(?=\w)/);
  const isWhole = (name: string): boolean => name.includes("-") && name.length <= WHOLE;
  return names
    .map((name) => (isWhole(name) ? `<span class="whole">${escape(name)}</span>` : escape(name)))
    .join("<wbr>");
}

/**
 * Keeps a number and its unit on one line, also behind the interval of a measured value, the two ends of the interval, a bound and its
 * number, and short words with a hyphen.
 */
export function keepTogether(html: string): string {
  return keepNumbers(html).replaceAll(/[\w@/.]+(?:-[\w/.]+)+/g, (word) =>
    word.length <= HYPHENATED ? `<span class="whole">${word}</span>` : word,
  );
}

/** The part of {@link keepTogether} that needs no elements. */
export function keepNumbers(html: string): string {
  return html
    .replaceAll(/(?<=\d|\]) (?=(?:[µnm]?s|[kMG]i?B|[kKMG]B|%|bytes|px)(?![\w-]))/g, "\u00A0")
    .replaceAll(/(?<=\[-?\d[\d.,]*,) (?=-?\d[\d.,]*\])/g, "\u00A0")
    .replaceAll(/(?<=\bat (?:least|most)) (?=\d)/g, "\u00A0");
}
