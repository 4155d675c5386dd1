import { invalidArgument } from "../../errors.ts";
import type { ModelTable } from "../../storage/protocol.ts";
import type { SqliteDriver } from "../driver.ts";
import { explainWrong, isWrongStatement } from "./statements.ts";
import { guardStatement } from "./guard.ts";

/**
 * Makes a table of a read model and its indexes. Its name in the file is its own; `number` tells its indexes from those of other
 * sets, since indexes cannot be renamed. Throws `invalid-argument` for what SQLite does not take, and for a table that would
 * reach beyond its model; the caller rolls back then.
 */
export function createTable(
  driver: SqliteDriver,
  { name, columns, indexes }: ModelTable,
  own: string,
  number: number,
): void {
  const shown = name.slice(name.lastIndexOf(".") + 1);
  make(driver, `the table "${shown}"`, `CREATE TABLE "${own}" (${columns}\n) STRICT`);
  for (const [place, index] of indexes.entries()) {
    const made = `CREATE INDEX "${name}.${number}.${place}" ON "${own}" (${index}\n)`;
    make(driver, `the index "${index}" of the table "${shown}"`, made);
  }
  refuseBeyond(driver, shown, own);
}

function make(driver: SqliteDriver, what: string, text: string): void {
  try {
    driver.exec(text);
  } catch (error) {
    if (!isWrongStatement(driver, error)) throw error;
    throw invalidArgument("tables", `${what} cannot be made: ${explainWrong(error)}`);
  }
}

/** What every row of it would do is what its defaults, checks, generated columns, indexes and keys do. */
function refuseBeyond(driver: SqliteDriver, shown: string, own: string): void {
  const keys = driver.prepare("SELECT 1 FROM pragma_foreign_key_list(?)").get(own);
  if (keys !== undefined) {
    throw invalidArgument(
      "tables",
      `the table "${shown}" has a foreign key, which read models do not have: leave it out`,
    );
  }
  const permit = { prefixes: [own], writes: true };
  try {
    guardStatement(driver, `INSERT INTO "${own}" DEFAULT VALUES`, [], permit);
  } catch (error) {
    if (!isWrongStatement(driver, error)) throw error;
    throw invalidArgument("tables", `the table "${shown}" cannot be filled: ${explainWrong(error)}`);
  }
}
