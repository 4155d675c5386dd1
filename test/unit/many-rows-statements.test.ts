/** What statements that write many rows cost, and what they leave as it was. */
import { expect, onTestFinished, test } from "vitest";
import { openDriver } from "../../dist/adapters/better-sqlite3/driver.js";
import type { SqliteDriver } from "../../dist/src/sqlite/driver.js";
import { createManyRowsMode } from "../../dist/src/sqlite/read-models/many-rows.js";
import { createModelStatements } from "../../dist/src/sqlite/read-models/statements.js";

/** More texts than are kept, with as many rows each as one statement writes. */
const TEXTS = 220;
const ROWS = 50;

function open() {
  const driver: SqliteDriver = openDriver(undefined);
  onTestFinished(() => driver.close());
  driver.exec('CREATE TABLE "m_t" (a ANY, b ANY) STRICT');
  const compiled: string[] = [];
  const { prepare } = driver;
  Object.assign(driver, { prepare: (text: string) => (compiled.push(text), prepare(text)) });
  const statements = createModelStatements(driver);
  const write = (text: string, rows: number): void =>
    driver.transaction("write", () =>
      statements.runTogether("m_", { texts: [text], runs: Array.from({ length: rows }, (_, row) => [0, [row]]) }),
    );
  return { driver, write, compiled };
}

test("a long batch compiles each of its texts once, also when no more statements are kept", () => {
  const { write, compiled } = open();
  for (let text = 0; text < TEXTS; text++) write(`INSERT INTO "m_t" VALUES (?, ${text})`, ROWS);
  const before = compiled.length;
  write('INSERT INTO "m_t" VALUES (?, NULL)', ROWS);
  const short = compiled.length - before;

  write('INSERT INTO "m_t" VALUES (NULL, ?)', 20 * ROWS);

  expect(compiled.length - before - short).toBe(short);
});

test.each([100, 3_000, 30_000, 300_000])(
  "many rows of a statement of %d characters fit into what SQLite takes",
  (length) => {
    const { driver, write, compiled } = open();
    write(`INSERT INTO "m_t" VALUES (?, '${"x".repeat(length)}')`, ROWS);

    expect(driver.prepare("SELECT count(*) FROM m_t").get()).toEqual([ROWS]);
    expect(Math.max(...compiled.map((text) => text.length))).toBeLessThan(1_000_000);
  },
);

test("where SQLite keeps temporary files is as it was after a batch, also after one that fails", () => {
  const { driver } = open();
  const mode = createManyRowsMode(driver);
  const place = () => driver.prepare("PRAGMA temp_store").get();
  const [before, during] = [place(), mode.run(place)];
  const after = place();
  expect(() =>
    mode.run(() => {
      throw new Error("the batch fails");
    }),
  ).toThrow("the batch fails");

  expect([during, after, place()]).toEqual([[2], before, before]);
});
