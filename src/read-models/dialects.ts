import { invalidArgument } from "../errors.ts";
import type { PerDialect, SqlDialect } from "../storage/protocol.ts";

/** The names of the dialects, as messages have them. */
const NAMES = { sqlite: "SQLite", postgres: "PostgreSQL" };

/** Whether something is given for each dialect. */
export function isPerDialect<T>(given: T | PerDialect<T>): given is PerDialect<T> {
  return typeof given === "object" && given !== null && ("sqlite" in given || "postgres" in given);
}

/**
 * Returns what is given for a dialect, or for all of them; undefined is SQLite's. `what` it is, for the message.
 *
 * @throws `invalid-argument` if it is given for another dialect only.
 */
export function ofDialect<T>(given: T | PerDialect<T>, dialect: SqlDialect | undefined, what: string): T {
  if (!isPerDialect(given)) return given;
  const name = dialect?.name ?? "sqlite";
  const own = given[name];
  if (own !== undefined) return own;
  const other = name === "sqlite" ? "postgres" : "sqlite";
  const message = `${what} is written for ${NAMES[other]}, and this store is in ${NAMES[name]}: give both, as { sqlite: …, postgres: … }`;
  throw invalidArgument("sql", message);
}
