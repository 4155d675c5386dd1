import { invalidArgument, isEventStoreError } from "../../errors.ts";
import { keyOf, prefixOf, type ModelKey } from "../../storage/read-model-names.ts";
import { queryTimeout } from "../../storage/query-timeout.ts";
import type { ModelOverlay, ModelQuery, ModelRows, ModelStorage } from "../../storage/protocol.ts";
import type {
  OnGivenUp,
  PostgresAsk,
  PostgresDriver,
  PostgresQuery,
  PostgresResult,
  PostgresRow,
  PostgresValue,
} from "../driver.ts";
import { quoted } from "../values.ts";
import type { Permit } from "./guard.ts";
import { prepareOverlays } from "./overlays.ts";
import { typeStatement, type TypedStatement } from "./parameters.ts";
import { exactRows } from "./results.ts";
import { settings, type Read, type Transaction } from "./sessions.ts";
import { firstWord } from "./statement-text.ts";
import type { ModelStatements } from "./statements.ts";
import { outdated, type ModelSets } from "./table-sets.ts";
import { explainWrong, isInterrupted, isWrongStatement, wrongQuery } from "./wrong-statement.ts";

/** The first words of queries. */
const ASKING: ReadonlySet<string> = new Set(["select", "with", "values", "table"]);

/** Where queries run. */
export interface QueryContext {
  readonly driver: PostgresDriver;
  readonly transaction: Transaction;
  readonly read: Read;
  readonly query: PostgresQuery;
  /** The schema's quoted name. */
  readonly s: string;
  readonly busyTimeout: number;
  readonly sets: ModelSets;
  readonly statements: ModelStatements;
  allow(text: string, permit: Permit): Promise<void>;
}

/**
 * Queries the tables of read models, and no others, in a transaction that only reads. Returns the models' checkpoints at the same
 * moment: the tables are locked against being replaced before the transaction's snapshot is taken
 * (https://www.postgresql.org/docs/current/explicit-locking.html).
 */
export function createModelQuery(context: QueryContext): ModelStorage["queryModels"] {
  const { driver, transaction, read, s, busyTimeout, sets } = context;
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

  /** Asks in a transaction that only reads. */
  async function askAlone(
    { models, timeout }: ModelQuery,
    { text, parameter }: TypedStatement,
    onGivenUp: OnGivenUp | undefined,
  ): Promise<ModelRows> {
    const tables = (await Promise.all(models.map(namesOf))).flat().map((name) => `${s}.${quoted(name)}`);
    if (tables.length === 0) await refuseRemoved(models);
    const before =
      `SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; ${settings(s, busyTimeout)}; ` +
      `LOCK TABLE ${tables.join(", ")} IN ACCESS SHARE MODE; SET LOCAL statement_timeout = ${timeout ?? 0}; ` +
      sets.selectCheckpoints(models);
    let checkpoints: readonly number[] | undefined;

    function next(rows: readonly PostgresRow[]): readonly [string, PostgresValue[]] {
      checkpoints = sets.toCheckpoints(models, rows);
      return [text, parameter === null ? [] : [parameter]];
    }

    try {
      const result = await read(before, next, onGivenUp);
      return { ...rowsOf(result), checkpoints: checkpoints as unknown as readonly number[] };
    } catch (error) {
      const { cause } = error as { readonly cause?: unknown };
      if (checkpoints !== undefined) throw explained(error, cause, timeout);
      if (driver.codeOf(cause) !== "42P01") throw error;
      throw outdated("the tables of a read model that this query names were removed");
    }
  }

  /**
   * Asks after the statements of overlays, in a transaction that is rolled back. It locks the models' rows, as whoever changes their
   * tables does: so the tables stay as they are, and appends do not wait.
   */
  async function askOverlaid(
    { models, timeout }: ModelQuery,
    overlays: readonly ModelOverlay[],
    statement: TypedStatement,
    onGivenUp: OnGivenUp | undefined,
  ): Promise<ModelRows> {
    const prepared = await prepareOverlays(context.statements, models, overlays);
    const undo = new Error("the statements of overlays are rolled back");
    let found: ModelRows | undefined;

    async function answer(query: PostgresQuery, ask: PostgresAsk): Promise<ModelRows> {
      await query(`${settings(s, busyTimeout)}; SET LOCAL synchronous_commit = off`);
      const known = new Map<string, number>();
      // In one order, so that two queries do not wait for each other.
      for (const model of [...models].sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1)))
        known.set(keyOf(model), (await sets.known(query, model, "FOR UPDATE")).state.checkpoint);
      const checkpoints = models.map((model) => known.get(keyOf(model)) as number);
      if (checkpoints.some((checkpoint, index) => checkpoint > (overlays[index] as ModelOverlay).upTo))
        return { columns: [], rows: [], checkpoints, overlaid: "moved" };
      const overlaid = await prepared.run(query, ask, checkpoints, timeout);
      await query(`SET TRANSACTION READ ONLY; SET LOCAL statement_timeout = ${timeout ?? 0}`);
      return { ...(await run(ask, statement, timeout, onGivenUp)), checkpoints, overlaid };
    }

    try {
      await transaction(async (query, ask) => {
        found = await answer(query, ask);
        throw undo;
      });
    } catch (error) {
      if (found === undefined) throw error;
    }
    return found as unknown as ModelRows;
  }

  async function run(
    ask: PostgresAsk,
    { text, parameter }: TypedStatement,
    timeout: number | undefined,
    onGivenUp: OnGivenUp | undefined,
  ): Promise<Pick<ModelRows, "columns" | "rows">> {
    try {
      return rowsOf(await ask(text, parameter === null ? [] : [parameter], onGivenUp));
    } catch (error) {
      throw explained(error, error, timeout);
    }
  }

  /** Tells what an error of the statement means, whose cause is that of the driver. */
  function explained(error: unknown, cause: unknown, timeout: number | undefined): unknown {
    if (isInterrupted(driver, cause) && timeout !== undefined) return queryTimeout(timeout, cause);
    // 25006: the transaction only reads.
    if (driver.codeOf(cause) !== "25006" && !isWrongStatement(driver, cause)) return error;
    return wrongQuery(explainWrong(driver, cause), cause);
  }

  return async (asked, onGivenUp) => {
    const { text, values, models, overlays } = asked;
    if (!ASKING.has(firstWord(text))) throw invalidArgument("sql", "a query is a SELECT");
    const typed = typeStatement(text, values);
    await check(typed.text, models);
    return overlays === undefined ? askAlone(asked, typed, onGivenUp) : askOverlaid(asked, overlays, typed, onGivenUp);
  };
}

function rowsOf(result: PostgresResult): Pick<ModelRows, "columns" | "rows"> {
  return { columns: result.columns.map(({ name }) => name), rows: exactRows(result) };
}
