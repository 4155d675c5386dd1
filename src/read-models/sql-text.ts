/** Quoted text (https://sqlite.org/lang_expr.html), which the parser does not interpret. */
const QUOTES = /'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]/;

/** Comments; the end of the text ends one, too (https://sqlite.org/lang_comment.html). */
const COMMENTS = /--[^\n]*|\/\*[^]*?(?:\*\/|$)/;

const QUOTED = new RegExp(`${QUOTES.source}|${COMMENTS.source}`, "g");

/** Returns the text with a space for each comment and an empty string for each quoted part. */
export function bareSql(text: string): string {
  return text.replaceAll(QUOTED, (found) => (/^(--|\/\*)/.test(found) ? " " : "''"));
}

/** Returns the first word of a statement, in lower case; empty if there is none. */
export function firstWord(text: string): string {
  return (/^\s*([a-z]+)/i.exec(bareSql(text))?.[1] ?? "").toLowerCase();
}

/** Whether parentheses are balanced. */
export function isBalanced(bare: string): boolean {
  let depth = 0;
  for (const letter of bare) {
    if (letter === "(") depth += 1;
    else if (letter === ")") depth -= 1;
    if (depth < 0) return false;
  }
  return depth === 0;
}

/** Returns the single statement of a text, without its semicolon and what follows. */
export function withoutEnd(text: string): string {
  for (const { 0: found, index } of text.matchAll(new RegExp(`${QUOTED.source}|;`, "g"))) {
    if (found === ";") return text.slice(0, index);
  }
  return text;
}
