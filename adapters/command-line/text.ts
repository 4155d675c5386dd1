/** What ends a field or a line, and what takes part in escapes. */
const CONTROL = /[\\\p{Cc}]/gu;

/**
 * What a terminal would obey, or show so that a text seems to be another: control characters but for the end of a line and the
 * tab, those that turn the direction of writing (https://unicode.org/reports/tr9/), separators of lines, and invisible tags.
 */
// oxlint-disable-next-line no-misleading-character-class
const UNPRINTABLE = /[\p{Bidi_Control}\p{Cs}\u2028\u2029\uFEFF\u{E0000}-\u{E007F}]|(?![\n\t])\p{Cc}/gu;

const SHORT: Readonly<Record<string, string>> = { "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r" };

/** A record as a line: fields with tabs between them. */
export function record(...fields: readonly (string | number)[]): string {
  return `${fields.join("\t")}\n`;
}

/** A name as a field: backslashes and control characters are escaped as in JSON. */
export function field(text: string): string {
  return text.replace(CONTROL, (character) => SHORT[character] ?? unicodeEscape(character));
}

/**
 * A text as it may reach a terminal: everything that is printed passes through here. In JSON, where such characters only stand in
 * strings, what comes out means the same.
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, unicodeEscape);
}

/** A value as JSON, which fits into a field as it is. */
export function json(value: unknown): string {
  return JSON.stringify(value) ?? "";
}

/** A number with separators, for people. */
export function count(value: number, what: string): string {
  return `${value.toLocaleString("en")} ${what}${value === 1 ? "" : "s"}`;
}

function unicodeEscape(character: string): string {
  return Array.from({ length: character.length }, (_, index) => character.charCodeAt(index))
    .map((code) => `\\u${code.toString(16).padStart(4, "0")}`)
    .join("");
}
