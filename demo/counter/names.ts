import { PREFIX } from "./events.ts";

/** The most characters of a counter's name. */
export const LONGEST_LABEL = 40;

/** What changes how a text is read, or cannot be seen: control characters, and those that change its direction. */
const HIDDEN = /[\p{Surrogate}\p{Cc}\p{Bidi_Control}]/gu;

/**
 * Whether a text from outside is Unicode without control characters, and without those that change the direction of
 * what follows, so that it is read as it is stored; SQLite keeps no half of a surrogate pair.
 */
export function isPlain(text: string): boolean {
  return text.search(HIDDEN) === -1;
}

/**
 * Returns a text from elsewhere as a name that can be shown: plain, in one line, and no longer than the page's own.
 * Undefined if nothing of it can be seen.
 */
export function toName(text: string): string | undefined {
  // The rest of a very long text is not looked at.
  const line = text.slice(0, 1_000).replaceAll(HIDDEN, " ").replaceAll(/\s+/g, " ").trim();
  if (!/[^\s\p{Cf}]/u.test(line)) return undefined;
  return line.length <= LONGEST_LABEL ? line : `${line.slice(0, LONGEST_LABEL - 1).replace(/\p{Surrogate}$/u, "")}…`;
}

/** Returns the name of a counter that was never given one: that of its stream. */
export function nameOf(stream: string): string {
  return toName(stream.startsWith(PREFIX) ? stream.slice(PREFIX.length) : stream) ?? "unnamed";
}
