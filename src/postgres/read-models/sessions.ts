import { EventStoreError } from "../../errors.ts";
import type { PostgresAsk, PostgresDriver, PostgresQuery } from "../driver.ts";
import { guardStatement, type Permit } from "./guard.ts";
import { explainWrong, isWrongStatement } from "./wrong-statement.ts";

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

  async function check(query: PostgresQuery, ask: PostgresAsk, text: string, permit: Permit): Promise<void> {
    // Nothing of it is kept, so there is nothing to flush.
    await query(`${settings(s, lockTimeout)}; SET LOCAL synchronous_commit = off`);
    try {
      await guardStatement(query, ask, s, text, permit);
    } catch (error) {
      if (!isWrongStatement(driver, error)) throw error;
      throw new EventStoreError("invalid-argument", explainWrong(driver, error), { argument: "sql" }, error);
    }
  }

  return async (text, permit) => {
    // What a text may do depends on the models whose tables it may use.
    const key = `${permit.writes} ${permit.prefixes.join(" ")} ${text}`;
    if (allowed.has(key)) return;
    await transaction((query, ask) => check(query, ask, text, permit));
    if (allowed.size < REMEMBERED) allowed.add(key);
  };
}
