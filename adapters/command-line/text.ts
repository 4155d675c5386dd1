/** Characters that end a field or a line, or that a terminal would obey. */
const CONTROL = /[\\\p{Cc}]/gu;
const BEYOND_JSON = /[\u007F-\u009F]/g;

const SHORT: Readonly<Record<string, string>> = { "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r" };

/** A record as a line: fields with tabs between them. */
export function record(...fields: readonly (string | number)[]): string {
  return `${fields.join("\t")}\n`;
}

/** A name as a field: backslashes and control characters are escaped as in JSON. */
export function field(text: string): string {
  return text.replace(CONTROL, (character) => SHORT[character] ?? unicodeEscape(character));
}

/** A value as JSON, which fits into a field as it is. */
export function json(value: unknown): string {
  return (JSON.stringify(value) ?? "").replace(BEYOND_JSON, unicodeEscape);
}

/** A number with separators, for people. */
export function count(value: number, what: string): string {
  return `${value.toLocaleString("en")} ${what}${value === 1 ? "" : "s"}`;
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
