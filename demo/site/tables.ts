import type MarkdownIt from "markdown-it";
import { keepNumbers } from "./inline-code.ts";

type Token = ReturnType<ReturnType<typeof MarkdownIt>["parse"]>[number];

/** A cell with more characters than this is read as a text, not compared with those above it. */
const TEXT = 26;

/** What a phone has room for, and what a letter and the edges of a cell take of it, in pixels. */
const PHONE = { width: 320, letter: 7, edges: 16 };

/**
 * Prepares the tables of a page for narrow screens: each cell knows the head of its column, and a table of texts, or one whose words are
 * too long for a phone, is marked, to be shown as a list there. The others are narrow, and stay tables.
 */
export function prepareTables(tokens: readonly Token[]): void {
  let table: Token | undefined;
  let heads: string[] = [];
  let longest: number[] = [];
  let column = 0;
  for (const [index, token] of tokens.entries()) {
    const content = tokens[index + 1]?.content ?? "";
    if (token.type === "table_open") {
      table = token;
      heads = [];
      longest = [];
    } else if (token.type === "tr_open") column = 0;
    else if (token.type === "th_open") {
      heads.push(content.replaceAll("`", ""));
      longest.push(longestWord(content));
      // With four columns or fewer, the aim is in sight on a phone, too.
      if (heads.length > 4 && heads.includes("aim")) table?.attrSet("class", "texts aims");
      // Nothing is below an empty head that would need it.
      if (content === "") for (const part of [token, tokens[index + 2]]) if (part !== undefined) part.tag = "td";
    } else if (token.type === "td_open") {
      longest[column] = Math.max(longest[column] ?? 0, longestWord(content));
      const head = heads[column++] ?? "";
      // Of two columns, the second needs no label.
      if (column > 1 && heads.length > 2 && head !== "") token.attrSet("data-label", head);
      if (column > 1 && content.length > TEXT && table?.attrGet("class") === null) table.attrSet("class", "texts");
      if (content === "") token.attrJoin("class", "empty");
    } else if (token.type === "table_close" && isTooWide(longest))
      table?.attrSet("class", table.attrGet("class") ?? "texts");
  }
}

function isTooWide(longest: readonly number[]): boolean {
  const { width, letter, edges } = PHONE;
  return longest.reduce((sum, letters) => sum + letters * letter + edges, 0) > width;
}

/** The length of the longest word of a cell, as it is shown: the address of a link is not. */
function longestWord(content: string): number {
  const shown = content.replaceAll(/\]\([^)]*\)|[`*[\]]/g, "");
  return Math.max(
    ...keepNumbers(shown)
      .split(/[ \n/]+/)
      .map((word) => word.length),
  );
}
