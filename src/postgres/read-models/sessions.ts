import { EventStoreError, isEventStoreError } from "../../errors.ts";
import { adviseTables } from "../../storage/read-model-names.ts";
import type { PostgresAsk, PostgresDriver, PostgresQuery } from "../driver.ts";
import { guardStatement, type Permit } from "./guard.ts";
import { arrayOf } from "../values.ts";
import { explainWrong, isWrongStatement, lacksTable } from "./wrong-statement.ts";

/** How many statements are remembered as allowed. An application that binds its values has few different ones. */
const REMEMBERED = 1_000;

/** Runs work in one transaction, and again if the connection was lost. */
export type Transaction = PostgresDriver["transaction"];

/** Runs a statement after others in a transaction that changes nothing, and again if the connection was lost. */
export type Read = NonNullable<PostgresDriver["read"]>;

/**
 * What statements of read models depend on, whatever the server, the database or the role has set: names are found in the store's
 * schema and among PostgreSQL's own only, and values are written in one way.
 */
export function settings(s: string, lockTimeout: number): string {
  return (
    `SET LOCAL search_path = ${s}, pg_temp; SET LOCAL standard_conforming_strings = on; SET LOCAL lock_timeout = ${lockTimeout}; ` +
    "SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO'; SET LOCAL intervalstyle = 'postgres'; " +
    "SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 1"
  );
}

/** Returns a function that checks statements, each text once. Rejects with `invalid-argument` for one that is not allowed. */
export function createGuard(
  driver: Pick<PostgresDriver, "codeOf">,
  transaction: Transaction,
  s: string,
  lockTimeout: number,
): (text: string, permit: Permit) => Promise<void> {
  const allowed = new Set<string>();
  const select =
    "SELECT substr(c.relname, length(p.prefix) + 1) FROM pg_class c JOIN unnest($1::text[]) AS p(prefix) " +
    `ON starts_with(c.relname, p.prefix) WHERE c.relnamespace = '${s.replaceAll("'", "''")}'::regnamespace AND c.relkind = 'r'`;

  async function check(query: PostgresQuery, ask: PostgresAsk, text: string, permit: Permit): Promise<void> {
    // Nothing of it is kept, so there is nothing to flush.
    await query(`${settings(s, lockTimeout)}; SET LOCAL synchronous_commit = off`);
    try {
      await guardStatement(query, ask, s, text, permit);
    } catch (error) {
      if (!isWrongStatement(driver, error)) throw error;
      throw wrong(explainWrong(driver, error), error);
    }
  }

  /** Adds which tables there are, in a transaction of its own, because the one that failed answers nothing. */
  async function withTables(error: unknown, { prefixes }: Permit): Promise<unknown> {
    const { cause } = error as { readonly cause?: unknown };
    if (!isEventStoreError(error, "invalid-argument") || !lacksTable(driver, cause)) return error;
    const names = await transaction((query) => query(select, [arrayOf(prefixes)]));
    return wrong(error.message + adviseTables(names.map(([name]) => name as string)), cause);
  }

  return async (text, permit) => {
    // What a text may do depends on the models whose tables it may use.
    const key = `${permit.writes} ${permit.prefixes.join(" ")} ${text}`;
    if (allowed.has(key)) return;
    try {
      await transaction((query, ask) => check(query, ask, text, permit));
    } catch (error) {
      throw await withTables(error, permit);
    }
    if (allowed.size < REMEMBERED) allowed.add(key);
  };
}

function wrong(message: string, cause: unknown): EventStoreError {
  return new EventStoreError("invalid-argument", message, { argument: "sql" }, cause);
}
