import type { SqliteParameter } from "./driver.ts";

/**
 * Quoted texts and comments (https://sqlite.org/lang_expr.html, https://sqlite.org/lang_comment.html), variables with a suffix in
 * parentheses (https://sqlite.org/c3ref/bind_blob.html), in which SQLite allows any character but space; parameters and semicolons.
 */
const TOKENS =
  /'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|--[^\n]*|\/\*[^]*?(?:\*\/|$)|[$@:#][\w$:\u0080-\uffff]+\([^ \t\n\v\f\r)]*\)|[?;]/g;

/** Each comment stops at its own end, so that the text after it does not count as part of it. */
const NOTHING = /^(?:[ \t\n\f\r;]|--[^\n]*(?:\n|$)|\/\*(?:[^*]|\*(?!\/))*(?:\*\/|$))*$/;

/**
 * Splits a statement at its parameters, for an engine that runs every statement of a text, or ignores all but the first. A semicolon
 * at the end is left out. A text with several statements is refused, and one with a NUL, at which SQLite stops reading.
 *
 * @example
 * ```ts
 * const parts = splitStatement("SELECT ? + 1;");
 * console.log(parts); // → [ 'SELECT ', ' + 1' ]
 * console.log(parts.length - 1); // → 1
 * ```
 */
export function splitStatement(text: string): readonly string[] {
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

/**
 * Puts a statement together again, for an engine that binds numbers as REAL, and no bigints: parameters whose values are bigints are
 * cast to INTEGER, so the engine may be given their numbers.
 *
 * @example
 * ```ts
 * const parts = splitStatement("VALUES (?, ?)");
 * const text = joinStatement(parts, [1n, 1]);
 * console.log(text); // → VALUES ((+CAST(? AS INTEGER)), ?)
 * ```
 */
export function joinStatement(parts: readonly string[], values: readonly SqliteParameter[]): string {
  // The plus removes the affinity that a CAST has and a bound value has not: https://sqlite.org/datatype3.html#affinity_of_expressions
  return parts.reduce((text, part, index) => {
    const parameter = typeof values[index - 1] === "bigint" ? "(+CAST(? AS INTEGER))" : "?";
    return text + parameter + part;
  });
}
