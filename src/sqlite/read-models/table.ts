import { invalidArgument } from "../../errors.ts";
import type { ModelTable } from "../../storage/protocol.ts";
import type { SqliteDriver } from "../driver.ts";
import { explainWrong, isWrongStatement } from "./statements.ts";
import { guardStatement } from "./guard.ts";

/**
 * Creates a table of a read model under the name `own`, with its indexes. `number` makes the indexes' names different from those of
 * other sets, because SQLite cannot rename indexes. The caller rolls back if this throws.
 *
 * @throws `invalid-argument` if SQLite refuses a definition, or if the table would use something outside its model.
 */
export function createTable(
  driver: SqliteDriver,
  { name, columns, indexes }: ModelTable,
  own: string,
  number: number,
): void {
  const shown = name.slice(name.lastIndexOf(".") + 1);
  create(driver, `the table "${shown}"`, `CREATE TABLE "${own}" (${columns}\n) STRICT`);
  for (const [ordinal, index] of indexes.entries()) {
    const text = `CREATE INDEX "${name}.${number}.${ordinal}" ON "${own}" (${index}\n)`;
    create(driver, `the index "${index}" of the table "${shown}"`, text);
  }
  refuseBeyond(driver, shown, own);
}

/** Whether the table has AUTOINCREMENT, which needs `sqlite_sequence`, a table of all models. */
function usesSequence(driver: SqliteDriver, own: string): boolean {
  const text = driver.prepare("SELECT sql FROM sqlite_schema WHERE name = ?").get(own)?.[0];
  return /\bAUTOINCREMENT\b/i.test(String(text));
}

function create(driver: SqliteDriver, what: string, text: string): void {
  try {
    driver.exec(text);
  } catch (error) {
    if (!isWrongStatement(driver, error)) throw error;
    throw invalidArgument("tables", `${what} cannot be created: ${explainWrong(driver, error)}`);
  }
}

/** Checks the table's defaults, constraints, generated columns, indexes and keys, which every insert of a row would evaluate. */
function refuseBeyond(driver: SqliteDriver, shown: string, own: string): void {
  const keys = driver.prepare("SELECT 1 FROM pragma_foreign_key_list(?)").get(own);
  if (keys !== undefined) {
    throw invalidArgument(
      "tables",
      `the table "${shown}" has a foreign key, which read models do not support: leave it out`,
    );
  }
  const permit = { prefixes: [own], writes: true };
  try {
    guardStatement(driver, `INSERT INTO "${own}" DEFAULT VALUES`, [], permit);
  } catch (error) {
    if (!isWrongStatement(driver, error)) throw error;
    const why = usesSequence(driver, own)
      ? "AUTOINCREMENT is not available; INTEGER PRIMARY KEY alone will do"
      : explainWrong(driver, error);
    throw invalidArgument("tables", `no row can be inserted into the table "${shown}": ${why}`);
  }
}
