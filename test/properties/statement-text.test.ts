import Database from "better-sqlite3";
import { assert, array, constantFrom, property } from "fast-check";
import { joinStatement, splitStatement } from "rivulet/adapter";
import { expect, test } from "vitest";

/** The characters of quotes, comments, variables and semicolons. */
const PIECES = [
  "'",
  '"',
  "`",
  "[",
  "]",
  ";",
  "?",
  "-",
  "/",
  "*",
  "\n",
  " ",
  "\u00a0",
  "$",
  "@",
  ":",
  "#",
  "(",
  ")",
  "a",
  "1",
  "--",
  "/*",
  "*/",
  "$a(",
  "::",
  "SELECT 1",
  "; DROP TABLE t",
];

test("a text with several statements is refused, however it is quoted", () => {
  const database = new Database(":memory:");
  const isSeveral = (text: string): boolean => {
    try {
      database.prepare(text);
      return false;
    } catch (error) {
      return error instanceof RangeError && error.message.includes("more than one statement");
    }
  };
  const known = ["SELECT $a('); DROP TABLE t; SELECT '", 'SELECT @a::b("); SELECT "', "SELECT 1;\u00a0DROP TABLE t"];
  assert(
    property(array(constantFrom(...PIECES), { maxLength: 12 }), (pieces) => {
      const text = `SELECT ${pieces.join("")}`;
      if (isSeveral(text)) expect(() => splitStatement(text)).toThrow("more than one statement");
    }),
    { numRuns: 20_000, examples: known.map((text) => [[text.slice("SELECT ".length)]]) },
  );
  database.close();
});

test("a statement is divided at its parameters only, not at similar characters", () => {
  const parts = splitStatement("SELECT ?, '?', \"?\", /* ? */ [?], `?` -- ?\n, ?; -- the end");
  expect(parts).toEqual(["SELECT ", ", '?', \"?\", /* ? */ [?], `?` -- ?\n, ", ""]);
  expect(joinStatement(parts, [1n, 1])).toBe("SELECT (+CAST(? AS INTEGER)), '?', \"?\", /* ? */ [?], `?` -- ?\n, ?");
  expect(() => splitStatement("SELECT 1\0; SELECT 2")).toThrow("NUL");
});
