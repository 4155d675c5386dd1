import { invalidArgument } from "../../errors.ts";
import { checkValue } from "../../read-models/sql.ts";
import type { SqlValue } from "../../storage/protocol.ts";
import { arrayOf } from "../values.ts";
import { VALUE } from "./dialect.ts";

/** A statement of one parameter, which is an array with the texts of all values; null if the statement has none. */
export interface TypedStatement {
  readonly text: string;
  readonly parameter: string | null;
}

/** The type of each value is stated, so that it does not depend on what is done with the value. */
const TYPES = { i: "bigint", r: "double precision", t: "text", b: "bytea" };

/** What is known of one composed text: the texts by the types of their values. */
export type TypedTexts = Map<string, string>;

/**
 * Gives each value its place in the array, and its type: whole numbers are bigint, others double precision.
 *
 * @throws `invalid-argument` for a value that PostgreSQL cannot store.
 */
export function typeStatement(
  text: string,
  values: readonly SqlValue[],
  known: TypedTexts = new Map(),
): TypedStatement {
  const kinds = values.map(kindOf).join("");
  let typed = known.get(kinds);
  if (typed === undefined) known.set(kinds, (typed = typedText(text, kinds)));
  return { text: typed, parameter: /[^n]/.test(kinds) ? arrayOf(values.map(textOf)) : null };
}

function typedText(text: string, kinds: string): string {
  return text
    .split(VALUE)
    .map((piece, index) => (index === 0 ? piece : typedValue(kinds[index - 1] as string, index) + piece))
    .join("");
}

function typedValue(kind: string, index: number): string {
  return kind === "n" ? "(NULL)" : `(($1::text[])[${index}]::${TYPES[kind as keyof typeof TYPES]})`;
}

function kindOf(value: SqlValue, index: number): string {
  checkValue(value, index);
  if (value === null) return "n";
  if (typeof value === "number") return Number.isInteger(value) ? "i" : "r";
  if (typeof value !== "string") return "b";
  if (!value.includes("\0")) return "t";
  const place = `values[${index}]`;
  throw invalidArgument(place, `${place}: PostgreSQL cannot store text with NUL: remove it, or give the text's bytes`);
}

function textOf(value: SqlValue): string | null {
  if (value === null || typeof value === "string") return value;
  // Not -0.
  if (typeof value === "number") return String(value + 0);
  let hex = "";
  for (const byte of value) hex += byte.toString(16).padStart(2, "0");
  return `\\x${hex}`;
}
