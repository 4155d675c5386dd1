import { invalidArgument, messageOf } from "../../errors.ts";
import { firstWord } from "../../read-models/sql-text.ts";
import { adviseTables } from "../../storage/read-model-names.ts";
import type { ModelBatch, SqlValue } from "../../storage/protocol.ts";
import type { SqliteDriver, SqliteParameter, SqliteStatement } from "../driver.ts";
import { guardStatement } from "./guard.ts";
import { toManyRows, type ManyRows } from "./many-rows.ts";
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
  /**
   * Does the same faster for many statements: those that write a row each become statements that write many. Use it in a transaction
   * that is rolled back if it throws.
   *
   * @throws a {@link WrongRun} without an index for a wrong statement, which need not be the first one.
   */
  runTogether(prefix: string, runs: Runs): void;
}

/** A statement of a batch failed, given by its index in `runs`; -1 if that is not known. */
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

/** Returns SQLite's message about a wrong statement, with advice. `prefixes` are those of the tables that it may use. */
export function explainWrong(driver: SqliteDriver, error: unknown, prefixes: readonly string[] = []): string {
  const message = messageOf(error);
  if (message.startsWith("no such table")) return message + adviseTables(tablesWith(driver, prefixes));
  const hint = HINTS.find(([pattern]) => pattern.test(message))?.[1];
  return hint === undefined ? message : `${message}: ${hint}`;
}

/** The statements of {@link tablesWith}: some drivers free statements only when they close. */
const selects = new WeakMap<SqliteDriver, SqliteStatement>();

/** Returns the names of the tables whose names in the file start with one of these, without it. */
function tablesWith(driver: SqliteDriver, prefixes: readonly string[]): string[] {
  const select =
    selects.get(driver) ??
    driver.prepare(
      "SELECT substr(name, length(?) + 1) FROM sqlite_schema WHERE type = 'table' AND substr(name, 1, length(?)) = ?",
    );
  selects.set(driver, select);
  return prefixes.flatMap((prefix) => select.all(prefix, prefix, prefix).map(([name]) => name as string));
}

const HINTS: readonly (readonly [pattern: RegExp, hint: string])[] = [
  [/^(missing|unknown) datatype/, "tables are STRICT, so each column has a type: INTEGER, REAL, TEXT, BLOB or ANY"],
  [
    /too big/,
    "a value of a read model has at most 64 MiB in browsers, and a billion bytes elsewhere: split it into rows, or compute less",
  ],
  [/pattern too complex/, "LIKE and GLOB take at most 1,000 bytes in browsers, and 50,000 elsewhere"],
  [/^no such function/, "only SQLite's built-in functions can be used"],
];

/** A statement that was checked. */
interface Checked {
  readonly one: SqliteStatement;
  /** How many values it has. */
  readonly width: number;
  /** The statement for many rows, if there is one. */
  readonly many: ManyRows | undefined;
}

export function createModelStatements(driver: SqliteDriver): ModelStatements {
  const prepared = new Map<string, Checked>();
  const preparedMany = new Map<string, SqliteStatement>();

  function prepare(prefix: string, text: string, values: readonly SqliteParameter[]): Checked {
    // The same text may be allowed for one model and not for another.
    const key = `${prefix} ${text}`;
    let checked = prepared.get(key);
    if (checked === undefined) {
      if (!FILLING.has(firstWord(text))) {
        throw invalidArgument("sql", "only INSERT, REPLACE, UPDATE and DELETE can change a read model");
      }
      // Prepared before it is checked, because SQLite's errors describe best what is wrong with a text.
      const one = driver.prepare(text);
      const program = guardStatement(driver, text, values, { prefixes: [prefix], writes: true });
      checked = { one, width: values.length, many: toManyRows(text, program) };
      if (prepared.size < PREPARED) prepared.set(key, checked);
    }
    return checked;
  }

  function prepareMany(text: string): SqliteStatement {
    let statement = preparedMany.get(text);
    if (statement === undefined) {
      statement = driver.prepare(text);
      if (preparedMany.size < PREPARED) preparedMany.set(text, statement);
    }
    return statement;
  }

  function wrong(index: number, error: unknown, prefix: string): unknown {
    return isWrongStatement(driver, error) ? new WrongRun(index, explainWrong(driver, error, [prefix])) : error;
  }

  function run(prefix: string, { texts, runs }: Runs): void {
    // The statements of this batch by the index of their text, so that each text is looked up once.
    const own: Checked[] = [];
    // One array for all: SQLite copies what is bound (https://sqlite.org/c3ref/bind_blob.html).
    const parameters: SqliteParameter[] = [];
    let index = 0;
    try {
      for (; index < runs.length; index++) {
        const [text, values] = runs[index] as [number, SqlValue[]];
        if (parameters.length > values.length) parameters.length = values.length;
        toParameters(values, parameters);
        (own[text] ??= prepare(prefix, texts[text] as string, parameters)).one.run(...parameters);
      }
    } catch (error) {
      throw wrong(index, error, prefix);
    }
  }

  function runTogether(prefix: string, { texts, runs }: Runs): void {
    const own: Gathered[] = [];
    /** The rows that are not written yet, by their table. */
    const waiting = new Map<string, Gathered>();

    function begin(text: string, values: readonly SqlValue[]): Gathered {
      return { ...prepare(prefix, text, toParameters(values)), count: 0, parameters: [] };
    }

    function write(gathered: Gathered): void {
      const { one, many, width, count, parameters } = gathered;
      gathered.count = 0;
      if (count === many?.rows) return (gathered.together ??= prepareMany(many.text)).run(...parameters);
      for (let row = 0; row < count; row++) one.run(...parameters.slice(row * width, (row + 1) * width));
    }

    try {
      for (const [index, values] of runs) {
        const gathered = (own[index] ??= begin(texts[index] as string, values));
        const { many, width } = gathered;
        if (many === undefined || values.length !== width) {
          // It may look at what the others write.
          waiting.forEach(write);
          gathered.one.run(...toParameters(values));
          continue;
        }
        const before = waiting.get(many.table);
        if (before !== gathered) {
          if (before !== undefined) write(before);
          waiting.set(many.table, gathered);
        }
        toParameters(values, gathered.parameters, gathered.count * width);
        gathered.count += 1;
        if (gathered.count === many.rows) write(gathered);
      }
      waiting.forEach(write);
    } catch (error) {
      throw wrong(-1, error, prefix);
    }
  }

  return { run, runTogether };
}

/** Rows that one statement may write. */
interface Gathered extends Checked {
  /** The statement for many rows, compiled at most once in a batch: some drivers free statements only when they close. */
  together?: SqliteStatement;
  count: number;
  /** The values of the rows, one after the other. */
  readonly parameters: SqliteParameter[];
}
