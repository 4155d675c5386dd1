/** Quoted text and line comments of PostgreSQL (https://www.postgresql.org/docs/current/sql-syntax-lexical.html). */
const TOKEN =
  /(?<quoted>[eE](?<![\w$\u0080-\uffff][eE])'(?:[^'\\]|\\[^]|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|(?<![\w$\u0080-\uffff])\$((?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?)\$[^]*?\$\2\$)|(?<comment>--[^\n\r]*)|(?<block>\/\*)/g;

/**
 * Returns the text with spaces for comments and, for what is quoted, `x` for each character, so that it is as long as before and
 * can be searched for words and signs.
 */
export function bareText(text: string): string {
  let bare = "";
  let at = 0;
  TOKEN.lastIndex = 0;
  for (let found = TOKEN.exec(text); found !== null; found = TOKEN.exec(text)) {
    const { quoted, block } = found.groups as { quoted?: string; block?: string };
    const end = block === undefined ? TOKEN.lastIndex : endOfBlock(text, found.index);
    bare += text.slice(at, found.index) + (quoted === undefined ? " " : "x").repeat(end - found.index);
    at = TOKEN.lastIndex = end;
  }
  return bare + text.slice(at);
}

/** Comments can be nested. */
function endOfBlock(text: string, start: number): number {
  let depth = 0;
  for (const { 0: sign, index } of text.slice(start).matchAll(/\/\*|\*\//g)) {
    depth += sign === "/*" ? 1 : -1;
    if (depth === 0) return start + index + 2;
  }
  return text.length;
}

/** Returns the first word of a statement, in lower case, also in parentheses; empty if there is none. */
export function firstWord(text: string): string {
  return (/^[\s(]*([a-z]+)/i.exec(bareText(text))?.[1] ?? "").toLowerCase();
}
