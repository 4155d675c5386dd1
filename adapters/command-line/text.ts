/** Characters that end a field or a line, and the backslash. */
const CONTROL = /[\\\p{Cc}]/gu;

/**
 * Characters that a terminal would interpret, or that disguise a text: control characters except line feed and tab, characters that
 * change the direction of writing (https://unicode.org/reports/tr9/), line separators, and invisible tags.
 */
// oxlint-disable-next-line no-misleading-character-class
const UNPRINTABLE = /[\p{Bidi_Control}\p{Cs}\u2028\u2029\uFEFF\u{E0000}-\u{E007F}]|(?![\n\t])\p{Cc}/gu;

const SHORT: Readonly<Record<string, string>> = { "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r" };

/** Formats a record as a line of fields, separated by tabs. */
export function record(...fields: readonly (string | number)[]): string {
  return `${fields.join("\t")}\n`;
}

/** Formats a name as a field, with backslashes and control characters escaped as in JSON. */
export function field(text: string): string {
  return text.replace(CONTROL, (character) => SHORT[character] ?? unicodeEscape(character));
}

/**
 * Escapes a text for a terminal; everything that is printed comes through here. In JSON, such characters occur only in strings, so the
 * escaped text has the same value.
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, unicodeEscape);
}

/** The longest message, in characters: names and texts in it may come from a file of any size. */
const LONGEST_MESSAGE = 2_000;

/** Formats a message as one line, so that no name or text in it can look like a message of its own. */
export function oneLine(message: string): string {
  const text = message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE)}…` : message;
  return text.replace(/[\n\t]/g, (character) => SHORT[character] as string);
}

/** Formats a value as JSON, which needs no escapes in a field. */
export function json(value: unknown): string {
  return JSON.stringify(value) ?? "";
}

/** Formats a number with thousands separators. */
export function count(value: number, what: string): string {
  return `${value.toLocaleString("en")} ${what}${value === 1 ? "" : "s"}`;
}

function unicodeEscape(character: string): string {
  return Array.from({ length: character.length }, (_, index) => character.charCodeAt(index))
    .map((code) => `\\u${code.toString(16).padStart(4, "0")}`)
    .join("");
}
