/** What SQLite reads as nothing: white space, semicolons and comments (https://sqlite.org/lang_comment.html). */
const NOTHING = /^(?:[ \t\n\f\r;]|--[^\n]*(?:\n|$)|\/\*(?:[^*]|\*(?!\/))*(?:\*\/|$))*$/;

/** Whether a text contains a statement, or only what SQLite skips. */
export function hasStatement(sql: string): boolean {
  return !NOTHING.test(sql);
}
