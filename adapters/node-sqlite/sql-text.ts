/** What SQLite skips before a statement: white space, semicolons and comments (https://sqlite.org/lang_comment.html). */
const SKIPPED = /^(?:[ \t\n\f\r;]|--[^\n]*(?:\n|$)|\/\*(?:[^*]|\*(?!\/))*(?:\*\/|$))*/;

/** Whether a text contains a statement, or only what SQLite skips. */
export function hasStatement(sql: string): boolean {
  return sql.replace(SKIPPED, "") !== "";
}

/** Whether a statement is a query, and not, say, a pragma. */
export function isQuery(sql: string): boolean {
  return /^(?:SELECT|WITH|VALUES)\b/i.test(sql.replace(SKIPPED, ""));
}
