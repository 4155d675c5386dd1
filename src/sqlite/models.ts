import { EventStoreError, invalidArgument } from "../errors.ts";
import type { ModelBatch, ModelOutcome, ModelQuery, ModelRecord, ModelRows } from "../storage/protocol.ts";
import type { SqliteDriver, SqliteStatement, SqliteValue } from "./driver.ts";
import { transact } from "./transact.ts";

/** Statements are few where values are bound; more than this are prepared each time. */
const PREPARED = 200;

/** Errors that say that a statement was wrong, and nothing of the database (https://sqlite.org/rescode.html). */
const WRONG_STATEMENT = /^SQLITE_(ERROR|CONSTRAINT|MISMATCH|RANGE|TOOBIG)/;

/** The tables of read models, and how far each has come: synchronous, one transaction a call. */
export interface ModelTables {
  open(model: ModelRecord): number;
  apply(batch: ModelBatch): ModelOutcome;
  reset(model: ModelRecord): void;
  query(query: ModelQuery): ModelRows;
}

export function createModelTables(driver: SqliteDriver): ModelTables {
  const selectModel = driver.prepare("SELECT checkpoint, tables FROM models WHERE name = ? AND schema = ?");
  const insertModel = driver.prepare("INSERT INTO models (name, schema, tables, checkpoint) VALUES (?, ?, ?, 0)");
  const moveModel = driver.prepare("UPDATE models SET checkpoint = ? WHERE name = ? AND schema = ?");
  const selectHead = driver.prepare("SELECT max(position) FROM events");
  const writes = new Map<string, SqliteStatement>();
  const queries = new Map<string, SqliteStatement>();

  function open(model: ModelRecord): number {
    const { name, schema, tables } = model;
    const known = selectModel.get(name, schema) as [number, string] | undefined;
    if (known === undefined)
      return transact(driver, () => (selectModel.get(name, schema)?.[0] as number | undefined) ?? create(model));
    if (known[1] === JSON.stringify(tables)) return known[0];
    throw invalidArgument("schema", `the tables of "${name}" were made otherwise under schema ${schema}: raise it`);
  }

  function create(model: ModelRecord): number {
    const { name, schema, tables } = model;
    for (const table of tables) {
      driver.exec(`CREATE TABLE "${table.name}" (${table.columns}) STRICT`);
      table.indexes.forEach((index, number) =>
        driver.exec(`CREATE INDEX "${table.name}.${number}" ON "${table.name}" (${index})`),
      );
    }
    insertModel.run(name, schema, JSON.stringify(tables));
    return 0;
  }

  function reset(model: ModelRecord): void {
    const { name, schema, tables } = model;
    transact(driver, () => {
      for (const table of tables) driver.exec(`DELETE FROM "${table.name}"`);
      moveModel.run(0, name, schema);
    });
  }

  function apply({ name, schema, from, to, texts, runs }: ModelBatch): ModelOutcome {
    let run = -1;
    try {
      return transact(driver, () => {
        const checkpoint = selectModel.get(name, schema)?.[0] as number | undefined;
        if (checkpoint !== from) return { outcome: "moved", checkpoint: checkpoint ?? 0 };
        refuseBeyondHead(to);
        for (run = 0; run < runs.length; run++) {
          const [text, values] = runs[run] as [number, SqliteValue[]];
          prepareWrite(`${name}.${schema}.`, texts[text] as string, values).run(...values);
        }
        moveModel.run(to, name, schema);
        return { outcome: "applied" };
      });
    } catch (error) {
      // What is wrong with the database itself is told as such; here it is an event that cannot be taken.
      const code = driver.codeOf(error);
      const wrong = code === undefined || WRONG_STATEMENT.test(code);
      if (!wrong || run < 0 || run === runs.length) throw error;
      return { outcome: "failed", run, message: (error as Error).message };
    }
  }

  function refuseBeyondHead(to: number): void {
    const head = (selectHead.get()?.[0] as number | null) ?? 0;
    if (to > head) throw invalidArgument("to", `a checkpoint at ${to} cannot be: the store is at position ${head}`);
  }

  function prepareWrite(prefix: string, text: string, values: readonly SqliteValue[]): SqliteStatement {
    let statement = writes.get(text);
    if (statement === undefined) {
      refuseForeignWrites(prefix, text, values);
      statement = driver.prepare(text);
      if (writes.size < PREPARED) writes.set(text, statement);
    }
    return statement;
  }

  /**
   * A statement may write to its model's tables and to nothing else. Which it would write to is what SQLite's own program for
   * it says: the roots of the b-trees that it opens for writing or clears (https://sqlite.org/opcode.html).
   */
  function refuseForeignWrites(prefix: string, text: string, values: readonly SqliteValue[]): void {
    if (!/^\s*(insert|replace|update|delete|with)\b/i.test(text)) {
      throw invalidArgument("sql", "only INSERT, REPLACE, UPDATE and DELETE fill a read model");
    }
    const owners = new Map(
      driver
        .prepare("SELECT rootpage, tbl_name FROM sqlite_schema WHERE rootpage > 0")
        .all()
        .map(([root, owner]) => [root, String(owner)]),
    );
    for (const [, opcode, first, second] of driver.prepare(`EXPLAIN ${text}`).all(...values)) {
      const root = opcode === "OpenWrite" ? second : opcode === "Clear" ? first : undefined;
      if (root === undefined) continue;
      const owner = owners.get(root);
      if (owner?.startsWith(prefix) !== true) {
        throw invalidArgument(
          "sql",
          `a statement may only write to its own read model's tables, not to ${String(owner)}`,
        );
      }
    }
  }

  function query({ text, values, model }: ModelQuery): ModelRows {
    if (!/^\s*(select|with|values)\b/i.test(text)) throw invalidArgument("sql", "a query is a SELECT");
    // SQLite itself refuses to write then, whatever the text says (https://sqlite.org/pragma.html#pragma_query_only).
    driver.exec("PRAGMA query_only = 1; BEGIN");
    try {
      const checkpoint = model === undefined ? 0 : (selectModel.get(model.name, model.schema)?.[0] as number);
      const statement = prepareQuery(text);
      const rows = statement.all(...values);
      return { columns: statement.columns?.() ?? [], rows, checkpoint };
    } catch (error) {
      const code = driver.codeOf(error);
      if (code !== undefined && code !== "SQLITE_READONLY" && !WRONG_STATEMENT.test(code)) throw error;
      const message = `this query cannot be run: ${(error as Error).message}`;
      throw new EventStoreError("invalid-argument", message, { argument: "sql" }, error);
    } finally {
      driver.exec("COMMIT; PRAGMA query_only = 0");
    }
  }

  function prepareQuery(text: string): SqliteStatement {
    let statement = queries.get(text);
    if (statement === undefined) {
      statement = driver.prepare(text);
      if (queries.size < PREPARED) queries.set(text, statement);
    }
    return statement;
  }

  return { open, apply, reset, query };
}
