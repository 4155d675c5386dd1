import type { SqliteDriver } from "../driver.ts";
import { preparingLater } from "../prepare-later.ts";
import type { Step } from "./guard.ts";

/** How many rows one statement writes at most. More gain nothing. */
const MOST_ROWS = 50;

/** So many parameters every build of SQLite allows (https://sqlite.org/limits.html#max_variable_number). */
const MOST_PARAMETERS = 999;

/** How long a statement for many rows becomes at most: many builds of SQLite take a million bytes (https://sqlite.org/limits.html#max_sql_length). */
const MOST_LENGTH = 100_000;

/**
 * An INSERT of one row of parameters and literals, without parameters after the row. In groups: what stands before the row, the table,
 * the row, and what stands after it.
 */
const ONE_ROW =
  /^(\s*(?:insert(?:\s+or\s+(?:ignore|replace))?|replace)\s+into\s+("[^"]+")\s*(?:\([\w\s,"]*\)\s*)?values\s*)(\((?:[\w\s,.?+]|-(?!-)|'[^']*')*\))(\s*(?:on\s+conflict\b[^?]*)?)$/i;

/** The opcodes by which a program looks at other rows than the one that it writes. A statement does so once for all of its rows. */
const LOOKING: ReadonlySet<string> = new Set(
  "Once OpenRead OpenDup OpenAutoindex OpenEphemeral SorterOpen VOpen".split(" "),
);

/** A statement that does for many rows what another does for one, row after row. */
export interface ManyRows {
  readonly text: string;
  readonly rows: number;
  /** The table that it writes to, the only one that it touches. */
  readonly table: string;
}

/**
 * Returns the statement that has the effect of running a statement several times in succession; undefined if there is none, as far as
 * its text and its program tell.
 */
export function toManyRows(text: string, program: readonly Step[]): ManyRows | undefined {
  const [, before, table, row, after] = ONE_ROW.exec(text) ?? [];
  if (row === undefined || program.some(({ opcode }) => LOOKING.has(opcode))) return undefined;
  const parameters = row.split("?").length - 1;
  const fitting = Math.min(MOST_PARAMETERS / Math.max(1, parameters), MOST_LENGTH / text.length);
  const rows = Math.min(MOST_ROWS, Math.floor(fitting));
  if (rows < 2) return undefined;
  return { text: `${before}${Array(rows).fill(row).join()}${after}`, rows, table: (table as string).toLowerCase() };
}

/** How transactions are run whose statements write many rows. */
export interface ManyRowsMode {
  /** Whether so many statements gain by it. */
  suits(statements: number): boolean;
  /**
   * Runs such a transaction. What SQLite notes to undo a statement of many rows then stays in memory: a temporary file would take longer
   * than is gained (https://sqlite.org/tempfiles.html#statement_journal_files).
   */
  run<T>(transaction: () => T): T;
}

export function createManyRowsMode(driver: SqliteDriver): ManyRowsMode {
  const selectPlace = preparingLater(driver).prepare("PRAGMA temp_store");
  return {
    // Without pragmas, the journal may be a file, and fewer parameters may be allowed.
    suits: (statements) => statements >= MOST_ROWS && driver.pragmas === undefined,
    run(transaction) {
      const place = Number(selectPlace.get()?.[0]);
      if (place === IN_MEMORY) return transaction();
      driver.exec(`PRAGMA temp_store = ${IN_MEMORY}`);
      try {
        return transaction();
      } finally {
        driver.exec(`PRAGMA temp_store = ${place}`);
      }
    },
  };
}

/** Where temporary files are kept (https://sqlite.org/pragma.html#pragma_temp_store). */
const IN_MEMORY = 2;
