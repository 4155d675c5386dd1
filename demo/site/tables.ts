import type MarkdownIt from "markdown-it";

type Token = ReturnType<ReturnType<typeof MarkdownIt>["parse"]>[number];

/** A cell with more characters than this is read as a text, not compared with those above it. */
const TEXT = 26;

/**
 * Prepares the tables of a page for narrow screens: each cell knows the head of its column, and a table of texts is marked, to be shown
 * as a list there. The others are narrow, and stay tables.
 */
export function prepareTables(tokens: readonly Token[]): void {
  let table: Token | undefined;
  let heads: string[] = [];
  let column = 0;
  for (const [index, token] of tokens.entries()) {
    const content = tokens[index + 1]?.content ?? "";
    if (token.type === "table_open") {
      table = token;
      heads = [];
    } else if (token.type === "tr_open") column = 0;
    else if (token.type === "th_open") {
      heads.push(content.replaceAll("`", ""));
      // With four columns or fewer, the aim is in sight on a phone, too.
      if (heads.length > 4 && heads.includes("aim")) table?.attrSet("class", "texts aims");
      // Nothing is below an empty head that would need it.
      if (content === "") for (const part of [token, tokens[index + 2]]) if (part !== undefined) part.tag = "td";
    } else if (token.type === "td_open") {
      const head = heads[column++] ?? "";
      // Of two columns, the second needs no label.
      if (column > 1 && heads.length > 2 && head !== "") token.attrSet("data-label", head);
      if (column > 1 && content.length > TEXT && table?.attrGet("class") === null) table.attrSet("class", "texts");
      if (content === "") token.attrJoin("class", "empty");
    }
  }
}
