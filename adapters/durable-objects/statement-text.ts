/** What is quoted or a comment (https://sqlite.org/lang_expr.html, https://sqlite.org/lang_comment.html), parameters and ends. */
const TOKENS = /'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|--[^\n]*|\/\*[^]*?(?:\*\/|$)|[?;]/g;

const NOTHING = /^(?:\s|--[^\n]*|\/\*[^]*?(?:\*\/|$)|;)*$/;

/**
 * Divides the one statement of a text at its parameters. Throws where a text has more than one: `sql.exec` would run all of them,
 * also those after an EXPLAIN. SQLite reads no further than a NUL.
 */
export function divide(text: string): readonly string[] {
  if (text.includes("\0")) throw new Error("there is a NUL in this text");
  const parts: string[] = [];
  let start = 0;
  for (const { 0: token, index } of text.matchAll(TOKENS)) {
    if (token === "?") {
      parts.push(text.slice(start, index));
      start = index + 1;
    } else if (token === ";") {
      if (!NOTHING.test(text.slice(index))) throw new Error("there is more than one statement in this text");
      return [...parts, text.slice(start, index)];
    }
  }
  return [...parts, text.slice(start)];
}
