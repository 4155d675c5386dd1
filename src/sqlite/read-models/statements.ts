import { invalidArgument, messageOf } from "../../errors.ts";
import { firstWord } from "../../read-models/sql-text.ts";
import type { ModelBatch, SqlValue } from "../../storage/protocol.ts";
import type { SqliteDriver, SqliteParameter, SqliteStatement } from "../driver.ts";
import { guardStatement } from "./guard.ts";
import { toParameters } from "./values.ts";

/** How many prepared statements are kept. Handlers that bind their values have few different statements. */
const PREPARED = 200;

/** The errors that mean that a statement is wrong, not that the database is (https://sqlite.org/rescode.html). */
const WRONG_STATEMENT = /^SQLITE_(ERROR|CONSTRAINT|MISMATCH|RANGE|TOOBIG)/;

/** The first words of statements that change a read model. */
const FILLING: ReadonlySet<string> = new Set(["insert", "replace", "update", "delete", "with"]);

/** The statements of a batch, in order. */
type Runs = Pick<ModelBatch, "texts" | "runs">;

/** Runs statements of read models, which may write only to the tables of their own model. */
export interface ModelStatements {
  /**
   * Runs statements in the open transaction, on tables whose names start with `prefix`.
   *
   * @throws a {@link WrongRun} for a wrong statement, otherwise the driver's error.
   */
  run(prefix: string, runs: Runs): void;
}

/** A statement of a batch failed, given by its index in `runs`. */
export class WrongRun extends Error {
  readonly run: number;

  constructor(run: number, message: string) {
    super(message);
    this.run = run;
  }
}

/** Whether an error means that a statement is wrong, not that the database is. */
export function isWrongStatement(driver: SqliteDriver, error: unknown): boolean {
  const code = driver.codeOf(error);
  return code === undefined || WRONG_STATEMENT.test(code);
}

/** Returns SQLite's message about a wrong statement, with advice. */
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
    "a value of a read model has at most 64 MiB in browsers, and a billion bytes elsewhere: split it into rows, or compute less",
  ],
  [/pattern too complex/, "LIKE and GLOB take at most 1,000 bytes in browsers, and 50,000 elsewhere"],
  [/^no such function/, "only SQLite's built-in functions can be used"],
];

export function createModelStatements(driver: SqliteDriver): ModelStatements {
  const prepared = new Map<string, SqliteStatement>();

  function prepare(prefix: string, text: string, values: readonly SqliteParameter[]): SqliteStatement {
    // The same text may be allowed for one model and not for another.
    const key = `${prefix} ${text}`;
    let statement = prepared.get(key);
    if (statement === undefined) {
      if (!FILLING.has(firstWord(text))) {
        throw invalidArgument("sql", "only INSERT, REPLACE, UPDATE and DELETE can change a read model");
      }
      // Prepared before it is checked, because SQLite's errors describe best what is wrong with a text.
      statement = driver.prepare(text);
      guardStatement(driver, text, values, { prefixes: [prefix], writes: true });
      if (prepared.size < PREPARED) prepared.set(key, statement);
    }
    return statement;
  }

  return {
    run(prefix, { texts, runs }) {
      // The statements of this batch by the index of their text, so that each text is looked up once.
      const own: SqliteStatement[] = [];
      // One array for all: SQLite copies what is bound (https://sqlite.org/c3ref/bind_blob.html).
      const parameters: SqliteParameter[] = [];
      let run = 0;
      try {
        for (; run < runs.length; run++) {
          const [text, values] = runs[run] as [number, SqlValue[]];
          toParameters(values, parameters);
          (own[text] ??= prepare(prefix, texts[text] as string, parameters)).run(...parameters);
        }
      } catch (error) {
        throw isWrongStatement(driver, error) ? new WrongRun(run, explainWrong(error)) : error;
      }
    },
  };
}
