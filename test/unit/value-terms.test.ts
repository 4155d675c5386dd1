import { expect, test } from "vitest";
import { refuseValueTerms } from "../../dist/src/read-models/value-terms.js";

/** Sorted or grouped by what depends on the row, or where the order may be any. */
const GOOD = [
  "SELECT n FROM t ORDER BY ARRAY[?, ?, ?] && tags",
  "SELECT n FROM t ORDER BY ARRAY[?, ?, ?] @> tags DESC, n",
  "SELECT n FROM t ORDER BY array_position(ARRAY[?, ?, ?], n)",
  "SELECT n FROM t ORDER BY n = ANY(ARRAY[[?, ?], [?, ?]]), n",
  "SELECT n FROM t ORDER BY (?)[n]",
  "SELECT n FROM t GROUP BY n, tags && ARRAY[?, ?, ?]",
  "SELECT n FROM t GROUP BY GROUPING SETS ((n), (?))",
  "SELECT n FROM t ORDER BY ?::date - day",
  "SELECT n FROM t ORDER BY coalesce(n, ?), (n COLLATE NOCASE)",
  "SELECT n FROM t ORDER BY (SELECT max(m) FROM s WHERE s.n = t.n AND m < ? ORDER BY m), n LIMIT ?, ?",
  "SELECT array_agg(n ORDER BY n), ? FROM t ORDER BY border, byte",
  "SELECT count(*) FILTER (WHERE n > ?) FROM t GROUP BY (n)",
  "SELECT row_number() OVER (ORDER BY ?) FROM t",
  "SELECT row_number() over(order by (?)::text) FROM t ORDER BY 1",
  "SELECT sum(n) OVER (PARTITION BY ? ORDER BY ? ROWS ? PRECEDING) FROM t",
  "SELECT sum(n) OVER v FROM t WINDOW w AS (PARTITION BY ?), v AS (w ORDER BY ?) ORDER BY n",
];

/** With what the message begins with. */
const BAD = [
  ["ORDER BY", "SELECT n FROM t ORDER BY ?"],
  ["ORDER BY", "SELECT n FROM t ORDER BY tags && ARRAY[?, ?], ? DESC NULLS LAST"],
  ["ORDER BY", "SELECT n FROM t ORDER BY (n COLLATE NOCASE), ((?)::text COLLATE x), n"],
  ["ORDER BY", "SELECT n FROM t order\n by ?, ? LIMIT ?;"],
  ["ORDER BY", "SELECT (SELECT m FROM s ORDER BY ?) FROM t ORDER BY n"],
  ["ORDER BY", "SELECT row_number() OVER (ORDER BY n) FROM t ORDER BY ?"],
  ["ORDER BY", "SELECT row_number() OVER w FROM t WINDOW w AS (ORDER BY ?) ORDER BY ?"],
  ["ORDER BY", "SELECT row_number() OVER (ORDER BY (SELECT m FROM s ORDER BY ?)) FROM t"],
  ["ORDER BY", "WITH x AS (SELECT n FROM t ORDER BY ?) SELECT n FROM x"],
  ["ORDER BY", "SELECT array_agg(n ORDER BY ?) FROM t"],
  ["GROUP BY", "SELECT count(*) FROM t GROUP BY n, ?::int"],
  ["GROUP BY", "SELECT count(*) FROM t GROUP BY ? ORDER BY n"],
  ["DISTINCT ON", "SELECT DISTINCT ON (n, ?) n FROM t ORDER BY n"],
  ["DISTINCT ON", "SELECT distinct on (?) n FROM t"],
] as const;

for (const mark of ["?", "\0"]) {
  const marked = (text: string): string => text.replaceAll("?", mark);

  test.each(GOOD)(`with ${JSON.stringify(mark)} for a value, allowed: %s`, (text) => {
    expect(() => refuseValueTerms(marked(text), mark)).not.toThrow();
  });

  test.each(BAD)(`with ${JSON.stringify(mark)} for a value, %s is refused: %s`, (list, text) => {
    expect(() => refuseValueTerms(marked(text), mark)).toThrow(new RegExp(`^${list} is followed by a value`));
  });
}

test("lists in lists, as deep as a statement can be long, are looked through once", () => {
  const depth = 20_000;
  const nested = (inner: string): string => "SELECT " + "(SELECT 1 ORDER BY ".repeat(depth) + inner + ")".repeat(depth);

  expect(() => refuseValueTerms(nested("n"), "?")).not.toThrow();
  expect(() => refuseValueTerms(nested("?"), "?")).toThrow(/^ORDER BY/);
});
