import { EventStoreError, messageOf } from "../../errors.ts";
import type { PostgresDriver } from "../driver.ts";
import { WRONG_STATEMENT } from "./schema.ts";

type Codes = Pick<PostgresDriver, "codeOf">;

/** The role may not do what a statement of the right kind does (https://www.postgresql.org/docs/current/errcodes-appendix.html). */
const NO_RIGHTS = "42501";

/** Whether an error means that a statement is wrong, not that the database or the role's rights are. */
export function isWrongStatement(driver: Codes, error: unknown): boolean {
  return isWrongCode(driver.codeOf(error) ?? "");
}

/** The same for the code of an error. */
export function isWrongCode(code: string): boolean {
  return code !== NO_RIGHTS && WRONG_STATEMENT.test(code);
}

/** Whether a statement was interrupted after its time. */
export function isInterrupted(driver: Codes, error: unknown): boolean {
  return driver.codeOf(error) === "57014";
}

/** Whether an error means that a table which a statement names is not there. */
export function lacksTable(driver: Codes, error: unknown): boolean {
  return driver.codeOf(error) === "42P01";
}

/** Returns PostgreSQL's message about a wrong statement, with advice. */
export function explainWrong(driver: Codes, error: unknown): string {
  return explain(driver.codeOf(error) ?? "", messageOf(error));
}

/** Adds advice to the message of an error with a code. */
export function explain(code: string, message: string): string {
  const hint = HINTS.find(([known, pattern]) => known === code && pattern.test(message))?.[2];
  return hint === undefined ? message : `${message}: ${hint}`;
}

const HINTS: readonly (readonly [code: string, pattern: RegExp, hint: string])[] = [
  ["42883", /^operator/, "values are bigint, double precision, text or bytea: cast them, as ${value}::date"],
  ["42883", /./, "only PostgreSQL's built-in functions can be used, and values may have to be cast"],
  ["42804", /expression is of type/, "cast the value, as ${value}::jsonb"],
];

/** Makes the error for a query that is wrong. */
export function wrongQuery(message: string, cause?: unknown): EventStoreError {
  return new EventStoreError("invalid-argument", `this query cannot be run: ${message}`, { argument: "sql" }, cause);
}
