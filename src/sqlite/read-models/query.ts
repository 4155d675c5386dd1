import { EventStoreError, invalidArgument } from "../../errors.ts";
import { firstWord } from "../../read-models/sql-text.ts";
import { prefixOf, type ModelKey } from "../../storage/read-model-names.ts";
import type { ModelQuery, ModelRows, ModelState } from "../../storage/protocol.ts";
import type { SqliteDriver, SqliteParameter, SqliteStatement } from "../driver.ts";
import { guardStatement } from "./guard.ts";
import { explainWrong, isWrongStatement } from "./statements.ts";
import { withinTime } from "./time-limit.ts";
import { exactRows, toParameters } from "./values.ts";

/** How many prepared queries are kept. An application that binds its values has few different queries. */
const PREPARED = 200;

/** The first words of queries. */
const ASKING: ReadonlySet<string> = new Set(["select", "with", "values"]);

/** Queries the tables of read models, and no others. Returns the models' checkpoints at the same moment. */
export function createModelQuery(
  driver: SqliteDriver,
  stateOf: (model: ModelKey) => ModelState,
): (query: ModelQuery) => ModelRows {
  const queries = new Map<string, SqliteStatement>();

  function prepare({ text, models }: ModelQuery, values: readonly SqliteParameter[]): SqliteStatement {
    const prefixes = models.map((model) => prefixOf(model, "used"));
    // Which tables a query may use depends on the models that it names.
    const key = `${prefixes.join(" ")} ${text}`;
    let statement = queries.get(key);
    if (statement === undefined) {
      // Prepared before it is checked, because SQLite's errors describe best what is wrong with a text.
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
    // SQLite then refuses every write by itself (https://sqlite.org/pragma.html#pragma_query_only).
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
