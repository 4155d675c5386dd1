/** What stands in quotes (https://sqlite.org/lang_expr.html), where nothing means anything to the parser. */
const QUOTES = /'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]/;

/** A comment ends with its line, or with the text (https://sqlite.org/lang_comment.html). */
const COMMENTS = /--[^\n]*|\/\*[^]*?(?:\*\/|$)/;

const QUOTED = new RegExp(`${QUOTES.source}|${COMMENTS.source}`, "g");

/** The text as the parser sees it: a space for each comment, and an empty string for whatever is quoted. */
export function bareSql(text: string): string {
  return text.replaceAll(QUOTED, (found) => (/^(--|\/\*)/.test(found) ? " " : "''"));
}

/** The word that a statement begins with, in lower case; empty where it has none. */
export function firstWord(text: string): string {
  return (/^\s*([a-z]+)/i.exec(bareSql(text))?.[1] ?? "").toLowerCase();
}

/** Whether parentheses close in the order in which they were opened, and all of them. */
export function isBalanced(bare: string): boolean {
  let depth = 0;
  for (const letter of bare) {
    if (letter === "(") depth += 1;
    else if (letter === ")") depth -= 1;
    if (depth < 0) return false;
  }
  return depth === 0;
}

/** The one statement of a text, without the semicolon that ends it and what follows. */
export function withoutEnd(text: string): string {
  for (const { 0: found, index } of text.matchAll(new RegExp(`${QUOTED.source}|;`, "g"))) {
    if (found === ";") return text.slice(0, index);
  }
  return text;
}
