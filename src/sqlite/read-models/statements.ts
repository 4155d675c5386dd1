import { invalidArgument } from "../../errors.ts";
import type { ModelBatch } from "../../storage/protocol.ts";
import type { SqliteDriver, SqliteStatement, SqliteValue } from "../driver.ts";
import { refuseForeignTables } from "./foreign-tables.ts";

/** Statements are few where values are bound; more than this are prepared each time. */
const PREPARED = 200;

/** Errors that say that a statement was wrong, and nothing of the database (https://sqlite.org/rescode.html). */
const WRONG_STATEMENT = /^SQLITE_(ERROR|CONSTRAINT|MISMATCH|RANGE|TOOBIG)/;

/** What a batch runs, one after the other. */
type Runs = Pick<ModelBatch, "texts" | "runs">;

/** Runs the statements of read models, which may write to their own model's tables and to nothing else. */
export interface ModelStatements {
  /**
   * Runs them in the transaction that is open, on tables whose names start so. Throws a {@link WrongRun} for one that cannot
   * be run, and anything else as it comes.
   */
  run(prefix: string, runs: Runs): void;
}

/** Which run cannot be done. What is wrong with the database itself is told as such. */
export class WrongRun extends Error {
  readonly run: number;

  constructor(run: number, message: string) {
    super(message);
    this.run = run;
  }
}

/** Whether an error speaks of a statement, and not of the database. */
export function isWrongStatement(driver: SqliteDriver, error: unknown): boolean {
  const code = driver.codeOf(error);
  return code === undefined || WRONG_STATEMENT.test(code);
}

export function createModelStatements(driver: SqliteDriver): ModelStatements {
  const prepared = new Map<string, SqliteStatement>();

  function prepare(prefix: string, text: string, values: readonly SqliteValue[]): SqliteStatement {
    let statement = prepared.get(text);
    if (statement === undefined) {
      if (!/^\s*(insert|replace|update|delete|with)\b/i.test(text)) {
        throw invalidArgument("sql", "only INSERT, REPLACE, UPDATE and DELETE fill a read model");
      }
      refuseForeignTables(driver, text, values, [prefix]);
      statement = driver.prepare(text);
      if (prepared.size < PREPARED) prepared.set(text, statement);
    }
    return statement;
  }

  return {
    run(prefix, { texts, runs }) {
      // Those of this batch, by their numbers: a text is looked up once.
      const own: SqliteStatement[] = [];
      let run = 0;
      try {
        for (; run < runs.length; run++) {
          const [text, values] = runs[run] as [number, SqliteValue[]];
          (own[text] ??= prepare(prefix, texts[text] as string, values)).run(...values);
        }
      } catch (error) {
        throw isWrongStatement(driver, error) ? new WrongRun(run, (error as Error).message) : error;
      }
    },
  };
}
