import { invalidArgument, messageOf } from "../../errors.ts";
import { firstWord } from "../../read-models/sql-text.ts";
import type { ModelBatch, SqlValue } from "../../storage/protocol.ts";
import type { SqliteDriver, SqliteParameter, SqliteStatement } from "../driver.ts";
import { guardStatement } from "./guard.ts";
import { toParameters } from "./values.ts";

/** Statements are few where values are bound; more than this are prepared each time. */
const PREPARED = 200;

/** Errors that say that a statement was wrong, and nothing of the database (https://sqlite.org/rescode.html). */
const WRONG_STATEMENT = /^SQLITE_(ERROR|CONSTRAINT|MISMATCH|RANGE|TOOBIG)/;

/** How the statements begin that fill a read model. */
const FILLING: ReadonlySet<string> = new Set(["insert", "replace", "update", "delete", "with"]);

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

/** What SQLite says of a wrong statement, and what to do about it. */
export function explainWrong(error: unknown): string {
  const message = messageOf(error);
  const hint = HINTS.find(([pattern]) => pattern.test(message))?.[1];
  return hint === undefined ? message : `${message}: ${hint}`;
}

const HINTS: readonly (readonly [pattern: RegExp, hint: string])[] = [
  [/^no such table/, "name a table through its object, as ${table}"],
  [/^(missing|unknown) datatype/, "tables are STRICT, so each column has a type: INTEGER, REAL, TEXT, BLOB or ANY"],
  [
    /too big/,
    "a value of a read model has at most 64 MiB in browsers, and a billion bytes elsewhere: divide it among rows, or compute less",
  ],
  [/pattern too complex/, "LIKE and GLOB take at most 1,000 bytes in browsers, and 50,000 elsewhere"],
  [/^no such function/, "a statement has the functions that are part of SQLite itself"],
];

export function createModelStatements(driver: SqliteDriver): ModelStatements {
  const prepared = new Map<string, SqliteStatement>();

  function prepare(prefix: string, text: string, values: readonly SqliteParameter[]): SqliteStatement {
    // What one model may do with a text, another may not.
    const key = `${prefix} ${text}`;
    let statement = prepared.get(key);
    if (statement === undefined) {
      if (!FILLING.has(firstWord(text))) {
        throw invalidArgument("sql", "only INSERT, REPLACE, UPDATE and DELETE fill a read model");
      }
      // First of all: its own errors say best what is wrong with a text.
      statement = driver.prepare(text);
      guardStatement(driver, text, values, { prefixes: [prefix], writes: true });
      if (prepared.size < PREPARED) prepared.set(key, statement);
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
          const [text, values] = runs[run] as [number, SqlValue[]];
          const parameters = toParameters(values);
          (own[text] ??= prepare(prefix, texts[text] as string, parameters)).run(...parameters);
        }
      } catch (error) {
        throw isWrongStatement(driver, error) ? new WrongRun(run, explainWrong(error)) : error;
      }
    },
  };
}
