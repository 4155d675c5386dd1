import { isEventStoreError } from "../../errors.ts";
import type { ModelBatch } from "../../storage/protocol.ts";
import type { PostgresAsk, PostgresDriver } from "../driver.ts";
import { queryTimeout } from "../../storage/query-timeout.ts";
import { errorOfCode } from "../faults.ts";
import { arrayOf } from "../values.ts";
import type { Permit } from "./guard.ts";
import { typeStatement, type TypedTexts } from "./parameters.ts";
import { firstWord } from "./statement-text.ts";
import { explain, isInterrupted, isWrongCode } from "./wrong-statement.ts";

/** The first words of statements that change a read model. */
const FILLING: ReadonlySet<string> = new Set(["insert", "update", "delete", "merge", "with"]);

/** The statements of a batch, ready to be run. */
export interface PreparedRuns {
  /** The distinct texts, with typed parameters. */
  readonly texts: readonly string[];
  /** The number of the text of each run, from 1, and its parameter. */
  readonly numbers: readonly number[];
  readonly parameters: readonly string[];
  /** The first run that must not be run, and why. */
  readonly wrong?: WrongRun;
}

/** A statement that is wrong, given by its index in `runs`. */
export interface WrongRun {
  readonly run: number;
  readonly message: string;
}

/** Runs statements of read models, which may write only to the tables of their own model. */
export interface ModelStatements {
  /** Types and checks statements on tables whose names start with `prefix`. */
  prepare(prefix: string, runs: Pick<ModelBatch, "texts" | "runs">): Promise<PreparedRuns>;
  /**
   * Runs them in the open transaction, whose `statement_timeout` limits them together. Returns the first that is wrong: then nothing
   * has changed.
   *
   * @throws `query-timeout`.
   */
  run(ask: PostgresAsk, runs: PreparedRuns, timeout: number | undefined): Promise<WrongRun | undefined>;
}

export function createModelStatements(
  driver: PostgresDriver,
  s: string,
  allow: (text: string, permit: Permit) => Promise<void>,
): ModelStatements {
  const select = `SELECT ${s}.run_statements($1, $2, $3), set_config('statement_timeout', '0', true)`;

  /** Checks a statement. Resolves with what is wrong with it. */
  async function findWrong(text: string, permit: Permit): Promise<string | undefined> {
    if (!FILLING.has(firstWord(text))) return "only INSERT, UPDATE, DELETE and MERGE can change a read model";
    try {
      await allow(text, permit);
      return undefined;
    } catch (error) {
      if (!isEventStoreError(error, "invalid-argument")) throw error;
      return error.message;
    }
  }

  return {
    async prepare(prefix, { texts, runs }) {
      const known = texts.map((): TypedTexts => new Map());
      const numberOf = new Map<string, number>();
      const numbers: number[] = [];
      const parameters: string[] = [];
      const permit = { prefixes: [prefix], writes: true };
      for (const [run, [place, values]] of runs.entries()) {
        let message: string | undefined;
        try {
          const typed = typeStatement(texts[place] as string, values, known[place]);
          let number = numberOf.get(typed.text);
          if (number === undefined) {
            numberOf.set(typed.text, (number = numberOf.size + 1));
            message = await findWrong(typed.text, permit);
          }
          numbers.push(number);
          parameters.push(typed.parameter ?? "{}");
        } catch (error) {
          if (!isEventStoreError(error, "invalid-argument")) throw error;
          message = error.message;
        }
        // Those after it are not run, nor checked.
        if (message !== undefined) return { texts: [], numbers: [], parameters: [], wrong: { run, message } };
      }
      return { texts: [...numberOf.keys()], numbers, parameters };
    },
    async run(ask, { texts, numbers, parameters, wrong }, timeout) {
      if (wrong !== undefined) return wrong;
      if (numbers.length === 0) return undefined;
      try {
        const { rows } = await ask(select, [arrayOf(texts), arrayOf(numbers), arrayOf(parameters)]);
        const [, run, code, message] = /^(\d+) (\S+) ([^]*)$/.exec(rows[0]?.[0] ?? "") ?? [];
        if (run === undefined) return undefined;
        if (!isWrongCode(code as string)) throw errorOfCode(code as string, new Error(message), 0);
        return { run: Number(run) - 1, message: explain(code as string, message as string) };
      } catch (error) {
        throw isInterrupted(driver, error) && timeout !== undefined ? queryTimeout(timeout, error) : error;
      }
    },
  };
}
