import { invalidArgument, isEventStoreError } from "../../errors.ts";
import { keyOf, prefixOf, type ModelKey } from "../../storage/read-model-names.ts";
import { queryTimeout } from "../../storage/query-timeout.ts";
import type { ModelStorage } from "../../storage/protocol.ts";
import type { PostgresDriver, PostgresQuery } from "../driver.ts";
import { quoted } from "../values.ts";
import type { Permit } from "./guard.ts";
import { typeStatement } from "./parameters.ts";
import { exactRows } from "./results.ts";
import { settings, type Read } from "./sessions.ts";
import { firstWord } from "./statement-text.ts";
import { outdated, type ModelSets } from "./table-sets.ts";
import { explainWrong, isInterrupted, isWrongStatement, wrongQuery } from "./wrong-statement.ts";

/** The first words of queries. */
const ASKING: ReadonlySet<string> = new Set(["select", "with", "values", "table"]);

/** Where queries run. */
export interface QueryContext {
  readonly driver: PostgresDriver;
  readonly read: Read;
  readonly query: PostgresQuery;
  /** The schema's quoted name. */
  readonly s: string;
  readonly busyTimeout: number;
  readonly sets: ModelSets;
  allow(text: string, permit: Permit): Promise<void>;
}

/**
 * Queries the tables of read models, and no others, in a transaction that only reads. Returns the models' checkpoints at the same
 * moment: the tables are locked against being replaced before the transaction's snapshot is taken
 * (https://www.postgresql.org/docs/current/explicit-locking.html).
 */
export function createModelQuery(context: QueryContext): ModelStorage["queryModels"] {
  const { driver, read, s, busyTimeout, sets } = context;
  /** The names of each model's tables in use. */
  const names = new Map<string, readonly string[]>();

  async function namesOf(model: ModelKey): Promise<readonly string[]> {
    const key = keyOf(model);
    const found = names.get(key) ?? (await sets.namesOf(context.query, model));
    if (found.length > 0) names.set(key, found);
    return found;
  }

  async function refuseRemoved(models: readonly ModelKey[]): Promise<void> {
    for (const model of models) {
      names.delete(keyOf(model));
      await sets.known(context.query, model);
    }
  }

  /** Checks a statement. What is wrong with one whose tables were removed is that. */
  async function check(text: string, models: readonly ModelKey[]): Promise<void> {
    try {
      await context.allow(text, { prefixes: models.map((model) => prefixOf(model, "used")), writes: false });
    } catch (error) {
      if (isEventStoreError(error, "invalid-argument")) await refuseRemoved(models);
      throw error;
    }
  }

  return async ({ text, values, models, timeout }, onGivenUp) => {
    if (!ASKING.has(firstWord(text))) throw invalidArgument("sql", "a query is a SELECT");
    const typed = typeStatement(text, values);
    await check(typed.text, models);
    const tables = (await Promise.all(models.map(namesOf))).flat().map((name) => `${s}.${quoted(name)}`);
    if (tables.length === 0) await refuseRemoved(models);
    const before =
      `SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; ${settings(s, busyTimeout)}; ` +
      `LOCK TABLE ${tables.join(", ")} IN ACCESS SHARE MODE; SET LOCAL statement_timeout = ${timeout ?? 0}; ` +
      sets.selectCheckpoints(models);
    let checkpoints: readonly number[] | undefined;

    try {
      const result = await read(
        before,
        (rows) => {
          checkpoints = sets.toCheckpoints(models, rows);
          return [typed.text, typed.parameter === null ? [] : [typed.parameter]];
        },
        onGivenUp,
      );
      return {
        columns: result.columns.map(({ name }) => name),
        rows: exactRows(result),
        checkpoints: checkpoints as readonly number[],
      };
    } catch (error) {
      throw explained(error, checkpoints === undefined ? "before" : "statement", timeout);
    }
  };

  /** Tells what an error means in a query. */
  function explained(error: unknown, where: "before" | "statement", timeout: number | undefined): unknown {
    const { cause } = Object(error) as { readonly cause?: unknown };
    if (where === "before") {
      return driver.codeOf(cause) === "42P01"
        ? outdated("the tables of a read model that this query names were removed")
        : error;
    }
    if (isInterrupted(driver, cause) && timeout !== undefined) return queryTimeout(timeout, cause);
    // 25006: the transaction only reads.
    if (driver.codeOf(cause) !== "25006" && !isWrongStatement(driver, cause)) return error;
    return wrongQuery(explainWrong(driver, cause), cause);
  }
}
