import { EventStoreError, invalidArgument } from "../../errors.ts";
import { firstWord } from "../../read-models/sql-text.ts";
import { prefixOf, type ModelKey } from "../../storage/read-model-names.ts";
import type { ModelQuery, ModelRows, ModelState } from "../../storage/protocol.ts";
import type { SqliteDriver, SqliteParameter, SqliteStatement } from "../driver.ts";
import { guardStatement } from "./guard.ts";
import { explainWrong, isWrongStatement } from "./statements.ts";
import { withinTime } from "./time-limit.ts";
import { exactRows, toParameters } from "./values.ts";

/** Queries are few where values are bound; more than this are prepared each time. */
const PREPARED = 200;

/** How queries begin. */
const ASKING: ReadonlySet<string> = new Set(["select", "with", "values"]);

/** Asks the tables of read models, and no others, and tells how far they were at that moment. */
export function createModelQuery(
  driver: SqliteDriver,
  stateOf: (model: ModelKey) => ModelState,
): (query: ModelQuery) => ModelRows {
  const queries = new Map<string, SqliteStatement>();

  function prepare({ text, models }: ModelQuery, values: readonly SqliteParameter[]): SqliteStatement {
    const prefixes = models.map((model) => prefixOf(model, "used"));
    // What may be asked depends on the models that are read.
    const key = `${prefixes.join(" ")} ${text}`;
    let statement = queries.get(key);
    if (statement === undefined) {
      // First of all: its own errors say best what is wrong with a text.
      statement = driver.prepare(text);
      guardStatement(driver, text, values, { prefixes, writes: false });
      if (queries.size < PREPARED) queries.set(key, statement);
    }
    return statement;
  }

  /** Where there are no pragmas, what a query may do is decided by its program alone. */
  function setQueryOnly(value: 0 | 1): void {
    if (driver.pragmas === undefined) driver.exec(`PRAGMA query_only = ${value}`);
  }

  return (query) => {
    const { text, values, models, timeout } = query;
    if (!ASKING.has(firstWord(text))) throw invalidArgument("sql", "a query is a SELECT");
    const parameters = toParameters(values);
    // SQLite itself refuses to write then, whatever the text says (https://sqlite.org/pragma.html#pragma_query_only).
    setQueryOnly(1);
    try {
      return driver.transaction("read", () => {
        const checkpoints = models.map((model) => stateOf(model).checkpoint);
        const statement = prepare(query, parameters);
        const rows = withinTime(driver, timeout, () => exactRows(driver, { statement, text }, parameters));
        return { columns: statement.columns?.() ?? [], rows, checkpoints };
      });
    } catch (error) {
      if (error instanceof EventStoreError) throw error;
      if (driver.codeOf(error) !== "SQLITE_READONLY" && !isWrongStatement(driver, error)) throw error;
      const message = `this query cannot be run: ${explainWrong(error)}`;
      throw new EventStoreError("invalid-argument", message, { argument: "sql" }, error);
    } finally {
      setQueryOnly(0);
    }
  };
}
