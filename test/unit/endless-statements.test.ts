import { mayBeEndless, type SqlValue } from "rivulet/adapter";
import { expect, test } from "vitest";
import { FUNCTIONS } from "../../dist/src/sqlite/read-models/guard-allowed.js";
import { openDriver } from "../../dist/adapters/better-sqlite3/driver.js";

type Asked = string | readonly [text: string, ...values: SqlValue[]];

const long = "x".repeat(1_000);

/** Statements whose time depends only on the size of their tables and values. */
const ENDING: readonly Asked[] = [
  "SELECT count(*) FROM r",
  "SELECT k, count(*) FROM r GROUP BY k ORDER BY 2",
  "SELECT sum(n) OVER (ORDER BY n) FROM r",
  "SELECT group_concat(k), json_group_array(list) FROM r",
  "SELECT * FROM r WHERE n BETWEEN 3 AND 9",
  "SELECT * FROM r WHERE k = 'a' AND found > 3",
  "SELECT * FROM r WHERE k IN ('a', 'b')",
  "SELECT * FROM r WHERE n IN (SELECT r FROM p)",
  "SELECT * FROM r JOIN p ON p.r = r.n",
  "SELECT * FROM r JOIN p ON p.n = r.found",
  "SELECT a.n FROM r a WHERE EXISTS (SELECT 1 FROM p WHERE p.r = a.n)",
  "SELECT (SELECT count(*) FROM p WHERE p.r = r.n AND p.n < 10) FROM r",
  "SELECT (SELECT max(found) FROM r b WHERE b.k = a.k AND b.found < a.found) FROM r a",
  "SELECT 1 FROM r a, json_each(a.list) b, json_each(b.value) c",
  ["SELECT value FROM json_each(?)", long],
  ["INSERT INTO r SELECT value ->> 'n', 1, value, 'x' FROM json_each(?)", long],
  ["INSERT INTO r VALUES (?, ?, ?, ?)", 1, 2, long, long],
  "INSERT INTO r (n, k) VALUES (1, trim('a', 'b')) ON CONFLICT (n) DO UPDATE SET k = excluded.k",
  ["UPDATE r SET k = replace(k, ?, ?)", "a", "b"],
  "SELECT replace(replace(k, '&', '&amp;'), '<', '&lt;') FROM r",
  ["SELECT 1 FROM r WHERE k LIKE '%a%' OR k LIKE ?", "%a"],
  ["SELECT 1 FROM r WHERE ? LIKE '%a%'", long],
  "SELECT printf('%05d %.2f', n, n), format('%,d', n) FROM r",
  "SELECT trim(k), instr(k, 'x'), upper(k), hex(k), substr(k, 1, 3) FROM r",
  "SELECT hex(randomblob(16)), zeroblob(1000)",
  ["SELECT randomblob(?)", 16],
];

/** Statements that multiply tables or values, or make a huge value of a small one. */
const MAYBE_ENDLESS: readonly Asked[] = [
  "SELECT count(*) FROM r a, r b",
  "SELECT count(*) FROM r a, r b WHERE b.n > a.n",
  "SELECT count(*) FROM r a, r b WHERE b.k BETWEEN a.k AND a.list",
  "SELECT count(*) FROM r a, r b WHERE b.k > a.k",
  ["SELECT 1 FROM r, json_each(?)", long],
  ["SELECT 1 FROM json_each(?) a, json_tree(?) b", "[1]", "[1]"],
  "SELECT 1 FROM r a, json_each(a.list) b, json_each(a.list) c",
  "SELECT zeroblob(1000000000)",
  ["SELECT length(randomblob(?))", 1_000_000_000],
  ["UPDATE r SET k = zeroblob(?)", 1_000_000_000],
  "SELECT CASE WHEN n > 3 THEN zeroblob(2000000) ELSE zeroblob(2) END FROM r",
  "SELECT randomblob(n) FROM r",
  "SELECT n, randomblob(n * 1000) FROM r ORDER BY 2",
  "SELECT zeroblob((SELECT max(n) FROM r))",
  "SELECT printf('%999999999d', 1)",
  "SELECT printf('%.*c', 1000000000, 'x')",
  "SELECT printf(k, n) FROM r",
  "SELECT replace(k, list, 'a'), replace(k, 'a', list) FROM r",
  `SELECT replace(replace(replace(k, 'a', '${"b".repeat(99)}'), 'b', '${"b".repeat(99)}'), 'b', '${"b".repeat(99)}') FROM r`,
  `SELECT ${"hex(".repeat(20)}k${")".repeat(20)} FROM r`,
  "SELECT instr(k, list) FROM r",
  "DELETE FROM r WHERE instr(k, list) > 0",
  ["SELECT instr(k, ?) FROM r", long],
  "SELECT trim(k, list) FROM r",
  "SELECT json_patch(k, list) FROM r",
  "SELECT jsonb_patch(k, list) FROM r",
  "SELECT unhex(k, list) FROM r",
  "SELECT max(n) FILTER (WHERE k LIKE list) FROM r",
  ["SELECT 1 FROM r WHERE k LIKE ?", long],
  ["SELECT 1 FROM r WHERE k GLOB ?", long],
];

function judged(asked: Asked): boolean {
  const driver = openDriver(undefined);
  driver.exec(`CREATE TABLE r (n INTEGER PRIMARY KEY, found INTEGER, list TEXT, k TEXT) STRICT;
    CREATE INDEX r_k ON r (k, found);
    CREATE TABLE p (n INTEGER PRIMARY KEY, r INTEGER, w TEXT) STRICT;
    CREATE INDEX p_r ON p (r)`);
  const [text, ...values] = [asked].flat() as [string, ...SqlValue[]];
  const result = mayBeEndless(driver, text, values);
  driver.close();
  return result;
}

test("a statement whose time depends only on the size of its tables runs in the caller's thread", () => {
  expect(ENDING.filter(judged)).toEqual([]);
});

test("a statement that multiplies tables or values, or makes huge ones, may be endless", () => {
  expect(MAYBE_ENDLESS.filter((asked) => !judged(asked))).toEqual([]);
});

/**
 * Of the functions that take two or three arguments, those that go through each of them once. Any other is to be measured with two
 * long values before a model may use it.
 */
const LINEAR = new Set(
  `char coalesce concat concat_ws date datetime if iif json_array json_array_insert json_array_length json_extract json_insert
  json_object json_remove json_replace json_set json_type json_valid jsonb_array jsonb_array_insert jsonb_extract jsonb_insert
  jsonb_object jsonb_remove jsonb_replace jsonb_set julianday max min nullif strftime substr substring time unixepoch`.split(
    /\s+/,
  ),
);

test("a function that compares two long values at each position may be endless", () => {
  const quick = [...FUNCTIONS].filter((name) =>
    ["?, ?", "?, ?, ?"].some((values) => isQuick(`SELECT ${name}(${values})`)),
  );

  expect(quick.filter((name) => !LINEAR.has(name))).toEqual([]);
});

/** Whether SQLite takes this statement, and it is not judged to be long with long values. */
function isQuick(text: string): boolean {
  try {
    return !judged([text, long, long, long]);
  } catch {
    return false;
  }
}
