import { EventStoreError, invalidArgument } from "../../errors.ts";
import { firstWord } from "../../read-models/sql-text.ts";
import { prefixOf, type ModelKey } from "../../storage/read-model-names.ts";
import type { ModelQuery, ModelRows, ModelState } from "../../storage/protocol.ts";
import type { SqliteDriver, SqliteParameter, SqliteStatement } from "../driver.ts";
import { guardStatement } from "./guard.ts";
import type { OverlaidQuery } from "./overlays.ts";
import { explainWrong, isWrongStatement } from "./statements.ts";
import { withinTime } from "./time-limit.ts";
import { exactRows, toParameters } from "./values.ts";

/** How many prepared queries are kept. An application that binds its values has few different queries. */
const PREPARED = 200;

/** The first words of queries. */
const ASKING: ReadonlySet<string> = new Set(["select", "with", "values"]);

/**
 * Queries the tables of read models, and no others. Returns the models' checkpoints at the same moment. `overlaid` runs queries with
 * overlays.
 */
export function createModelQuery(
  driver: SqliteDriver,
  stateOf: (model: ModelKey) => ModelState,
  overlaid: OverlaidQuery,
): (query: ModelQuery) => ModelRows {
  const queries = new Map<string, SqliteStatement>();

  function prepare({ text, models }: ModelQuery, values: readonly SqliteParameter[]): SqliteStatement {
    const prefixes = prefixesOf(models);
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

  /** Runs work while SQLite refuses every write by itself (https://sqlite.org/pragma.html#pragma_query_only). */
  function onlyReading<T>(work: () => T): T {
    setQueryOnly(1);
    try {
      return work();
    } finally {
      setQueryOnly(0);
    }
  }

  return (query) => {
    const { text, values, models, timeout, overlays } = query;
    if (!ASKING.has(firstWord(text))) throw invalidArgument("sql", "a query is a SELECT");
    const parameters = toParameters(values);

    function ask(): Pick<ModelRows, "columns" | "rows"> {
      const statement = prepare(query, parameters);
      const rows = exactRows(driver, { statement, text }, parameters);
      return { columns: statement.columns?.() ?? [], rows };
    }

    function askAlone(): ModelRows {
      const checkpoints = models.map((model) => stateOf(model).checkpoint);
      return { ...withinTime(driver, timeout, ask), checkpoints };
    }

    try {
      if (overlays !== undefined)
        return withinTime(driver, timeout, () => overlaid(query, overlays, () => onlyReading(ask)));
      return onlyReading(() => driver.transaction("read", askAlone));
    } catch (error) {
      if (error instanceof EventStoreError) throw error;
      if (driver.codeOf(error) !== "SQLITE_READONLY" && !isWrongStatement(driver, error)) throw error;
      const message = `this query cannot be run: ${explainWrong(driver, error, prefixesOf(models))}`;
      throw new EventStoreError("invalid-argument", message, { argument: "sql" }, error);
    }
  };
}

function prefixesOf(models: readonly ModelKey[]): readonly string[] {
  return models.map((model) => prefixOf(model, "used"));
}
