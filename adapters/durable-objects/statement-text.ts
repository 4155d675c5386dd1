/** Quoted texts and comments (https://sqlite.org/lang_expr.html, https://sqlite.org/lang_comment.html), parameters and semicolons. */
const TOKENS = /'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|--[^\n]*|\/\*[^]*?(?:\*\/|$)|[?;]/g;

/** White space, semicolons and comments. A comment ends at its first end, also where more comments follow. */
const NOTHING = /^(?:\s|--[^\n]*(?:\n|$)|\/\*(?:[^*]|\*(?!\/))*(?:\*\/|$)|;)*$/;

/**
 * Splits a statement at its parameters. Throws for a text with more than one statement, because `sql.exec` would run all of them, even
 * those after an EXPLAIN; and for a text with a NUL, at which SQLite stops reading.
 */
export function divide(text: string): readonly string[] {
  if (text.includes("\0")) throw new Error("this text contains a NUL");
  const parts: string[] = [];
  let start = 0;
  for (const { 0: token, index } of text.matchAll(TOKENS)) {
    if (token === "?") {
      parts.push(text.slice(start, index));
      start = index + 1;
    } else if (token === ";") {
      if (!NOTHING.test(text.slice(index))) throw new Error("this text contains more than one statement");
      return [...parts, text.slice(start, index)];
    }
  }
  return [...parts, text.slice(start)];
}
