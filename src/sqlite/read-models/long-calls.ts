import type { SqlValue } from "../../storage/protocol.ts";
import { CALLS } from "./guard-allowed.ts";
import type { Step } from "./guard.ts";

/** Texts and bytes are large above this length, and numbers above this value, since a function could make as many bytes. */
const SMALL_LENGTH = 100;
const SMALL_NUMBER = 1_000_000;

/** How many times as long as its arguments the nested calls of a statement may make a value. */
const MOST_GROWTH = 10_000;

/** Functions whose time is the product of the lengths of their arguments: they compare one at each position of the other. */
const PAIRING = /^(instr|like|glob|trim|ltrim|rtrim|unhex|jsonb?_patch)\([23]\)$/;

/** A width or precision that makes a short text long, or is only known when the statement runs. */
const WIDE_FORMAT = /%[^%a-z]*(\*|\d{5})/i;

/**
 * Tells whether a value is large, as an argument of a function whose time or result depends on it.
 *
 * @example
 * ```ts
 * console.log(isLarge("word"), isLarge("x".repeat(1_000))); // → false true
 * console.log(isLarge(5), isLarge(1e9)); // → false true
 * console.log(isLarge(null)); // → false
 * ```
 */
export function isLarge(value: SqlValue): boolean {
  if (typeof value === "number") return value > SMALL_NUMBER;
  return value !== null && typeof value !== "boolean" && value.length > SMALL_LENGTH;
}

/**
 * Tells whether a single call of a function may take long, because it makes a huge value of small ones, or compares two values that may
 * both be large. SQLite cannot be interrupted during a call.
 */
export function hasLongCall(program: readonly Step[], values: readonly SqlValue[]): boolean {
  let growth = 1;
  for (const { opcode, p2, p4 } of program) {
    if (!CALLS.has(opcode)) continue;
    const argument = (index: number): Known => knownIn(program, p2 + index, values);
    if (PAIRING.test(p4) && argument(0).large && argument(1).large) return true;
    if (/^(zeroblob|randomblob|json_pretty)\(/.test(p4) && argument(0).large) return true;
    if (/^(printf|format)\(/.test(p4) && isWide(argument(0))) return true;
    if (p4 === "replace(3)") {
      if (argument(1).large || argument(2).large) return true;
      growth *= Math.max(1, (argument(2).text?.length ?? SMALL_LENGTH) / (argument(1).text?.length || 1));
    }
    if (p4 === "hex(1)") growth *= 2;
    if (growth > MOST_GROWTH) return true;
  }
  return false;
}

function isWide({ text, large }: Known): boolean {
  return large || text === undefined || WIDE_FORMAT.test(text);
}

/** A value, as far as it is known before the statement runs. */
interface Known {
  readonly large: boolean;
  readonly text?: string | undefined;
}

/**
 * Returns the value of a register. It is known if every step that writes the register writes a constant or a bound value; else it may be
 * large.
 */
function knownIn(program: readonly Step[], register: number, values: readonly SqlValue[]): Known {
  const found = program.flatMap((step) => (writes(step, register) ? [constantOf(step, values)] : []));
  if (found.length === 0 || found.includes(undefined)) return { large: true };
  return {
    large: found.some((value) => isLarge(value ?? null)),
    text: found.length === 1 ? textOf(found[0]) : undefined,
  };
}

function textOf(value: SqlValue | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function constantOf({ opcode, p1, p4 }: Step, values: readonly SqlValue[]): SqlValue | undefined {
  if (opcode === "String8" || opcode === "String") return p4;
  if (opcode === "Integer") return p1;
  if (opcode === "Null") return null;
  return opcode === "Variable" ? values[p1 - 1] : undefined;
}

/** Opcodes that write to the register of their second operand, and of their third (https://sqlite.org/opcode.html). */
const WRITES_SECOND =
  /^(String8?|Integer|Int64|Real|Blob|Null|SoftNull|Variable|Copy|SCopy|IntCopy|Move|IdxRowid|Rowid|Sequence|Count|RowData)$/;
const WRITES_THIRD =
  /^(Column|VColumn|Function|PureFunc|AggValue|Add|Subtract|Multiply|Divide|Remainder|Concat|BitAnd|BitOr|ShiftLeft|ShiftRight|And|Or|MakeRecord)$/;

function writes({ opcode, p1, p2, p3 }: Step, register: number): boolean {
  if (WRITES_THIRD.test(opcode)) return p3 === register;
  if (opcode === "AggFinal" || opcode === "Cast" || opcode === "AddImm") return p1 === register;
  if (!WRITES_SECOND.test(opcode)) return false;
  // These write several registers in a row.
  const last =
    opcode === "Null" ? Math.max(p2, p3) : opcode === "Copy" ? p2 + p3 : opcode === "Move" ? p2 + p3 - 1 : p2;
  return p2 <= register && register <= last;
}
