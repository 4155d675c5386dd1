/** The part of a section's text that is shown below a result: around the first match, which stands apart. */
export interface Excerpt {
  readonly before: string;
  readonly match: string;
  readonly after: string;
}

/** The characters that are shown, and those of them before the match. */
const LENGTH = 110;
const BEFORE = 40;

/** Cuts an excerpt out of a text, between words, with an ellipsis where something was left out. */
export function excerptOf(text: string, terms: readonly string[]): Excerpt {
  const lower = text.toLowerCase();
  const [term = "", at = 0] =
    terms.map((each) => [each, lower.indexOf(each)] as const).find(([, found]) => found !== -1) ?? [];
  const start = at <= BEFORE ? 0 : wordAfter(text, at - BEFORE, at);
  const end = wordBefore(text, start + LENGTH, at + term.length);
  return {
    before: (start > 0 ? "… " : "") + text.slice(start, at),
    match: text.slice(at, at + term.length),
    after: text.slice(at + term.length, end).trimEnd() + (text.slice(end).trim() === "" ? "" : " …"),
  };
}

/** Where the first word begins that is behind a place; at most the place of the match, whose own word may be long. */
function wordAfter(text: string, place: number, most: number): number {
  const found = text.slice(place, most).search(/(?<=\s)\S/);
  return found === -1 ? most : place + found;
}

/** Where the last word ends that is before a place; at least the end of the match. */
function wordBefore(text: string, place: number, least: number): number {
  if (place >= text.length) return text.length;
  const found = text.slice(least, place + 1).search(/\s\S*$/);
  return found === -1 ? least : least + found;
}
