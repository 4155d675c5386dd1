import { describe, invalidArgument } from "../errors.ts";
import type { SqlValue } from "../storage/protocol.ts";
import type { SqlStatement, SqlTable } from "./read-model.ts";

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;

const COMMA: SqlStatement = { strings: [", "], values: [] };

type Bound = SqlValue | SqlTable;

/** Pieces of text and the values between them, as they are put together. */
interface Pieces {
  readonly strings: [string, ...string[]];
  readonly values: Bound[];
}

/** Whether a value of a template is text by itself: a part of a statement, or a list. */
export function isFragment(value: unknown): value is SqlStatement | readonly unknown[] {
  return typeof value === "object" && value !== null && (Array.isArray(value) || isStatement(value));
}

export function isStatement(value: unknown): value is SqlStatement {
  return typeof value === "object" && value !== null && "strings" in value && "values" in value;
}

/** Makes one statement of a template whose values have other statements or lists among them. `check` checks all other values. */
export function compose(
  strings: readonly string[],
  given: readonly unknown[],
  check: (value: unknown, index: number) => Bound,
): SqlStatement {
  const made: Pieces = { strings: [strings[0] ?? ""], values: [] };
  for (const [index, value] of given.entries()) {
    if (isStatement(value)) addStatement(made, value);
    else if (Array.isArray(value)) addList(made, value, index, check);
    else addValue(made, check(value, index));
    addText(made, strings[index + 1] ?? "");
  }
  return made;
}

/**
 * Makes a part of a statement from the name of a column that is chosen when the program runs. It is written as it is, without quotes.
 *
 * @throws `invalid-argument` unless it consists of letters, digits and underscores, at most 63.
 * @example
 * ```ts
 * const order = identifier("balance");
 * const sorted = sql`ORDER BY ${order} DESC`;
 * console.log(sorted.strings[0]); // → ORDER BY balance DESC
 * ```
 */
export function identifier(name: string): SqlStatement {
  checkIdentifier(name, "name");
  return { strings: [name], values: [] };
}

/**
 * Joins parts of a statement, by default with commas.
 *
 * @throws `invalid-argument` for an empty list, and for parts that are not made with `sql`.
 * @example
 * ```ts
 * const both = [sql`balance >= ${50}`, sql`name <> ${"Bo"}`];
 * const chosen = sql`SELECT name FROM ${accounts} WHERE ${joinSql(both, sql` AND `)}`;
 * console.log(chosen.values.slice(1)); // → [ 50, 'Bo' ]
 * ```
 */
export function joinSql(parts: readonly SqlStatement[], separator: SqlStatement = COMMA): SqlStatement {
  if (!Array.isArray(parts) || parts.length === 0) {
    throw invalidArgument("parts", `parts must be a list of at least one, not ${describe(parts)}`);
  }
  const made: Pieces = { strings: [""], values: [] };
  if (!isStatement(separator)) throw invalidArgument("separator", "separator must be made with the sql tag");
  for (const [index, part] of parts.entries()) {
    if (!isStatement(part)) throw invalidArgument("parts", `parts[${index}] must be made with the sql tag`);
    if (index > 0) addStatement(made, separator);
    addStatement(made, part);
  }
  return made;
}

export function checkIdentifier(name: unknown, argument: string): asserts name is string {
  if (typeof name === "string" && IDENTIFIER.test(name)) return;
  throw invalidArgument(
    argument,
    `${argument} must be letters, digits and underscores, at most 63, not ${describe(name)}`,
  );
}

function addStatement(made: Pieces, { strings, values }: SqlStatement): void {
  addText(made, strings[0] ?? "");
  for (const [index, value] of values.entries()) {
    addValue(made, value);
    addText(made, strings[index + 1] ?? "");
  }
}

function addList(
  made: Pieces,
  list: readonly unknown[],
  index: number,
  check: (value: unknown, index: number) => Bound,
): void {
  if (list.length === 0) {
    throw invalidArgument(
      `values[${index}]`,
      `values[${index}]: a list has at least one value: leave the condition out`,
    );
  }
  for (const [at, value] of list.entries()) {
    if (isFragment(value)) throw invalidArgument(`values[${index}]`, `values[${index}]: a list has only values in it`);
    addText(made, at === 0 ? "(" : ", ");
    addValue(made, check(value, index));
  }
  addText(made, ")");
}

function addText({ strings }: Pieces, text: string): void {
  strings[strings.length - 1] += text;
}

function addValue({ strings, values }: Pieces, value: Bound): void {
  values.push(value);
  strings.push("");
}
