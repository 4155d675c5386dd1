import { expect, test } from "vitest";
import type { SqliteDriver } from "../../dist/src/sqlite/driver.js";
import { explainWrong } from "../../dist/src/sqlite/read-models/statements.js";

/** Some drivers free a statement only when they close: what is prepared for each error would stay. */
test("however many statements name a table that is not there, the names of the tables are asked with one statement", () => {
  const prepared: string[] = [];
  const prepare = (text: string): unknown => {
    prepared.push(text);
    return { all: () => [["list"]] };
  };
  const drivers = [1, 2].map(() => ({ prepare }) as unknown as SqliteDriver);

  for (const driver of drivers) {
    for (let count = 0; count < 3; count++) {
      expect(explainWrong(driver, new Error("no such table: lists"), ["1_"])).toMatch(/the tables are list$/);
    }
  }

  expect(prepared).toHaveLength(drivers.length);
});
