import type { SqlValue } from "../../storage/protocol.ts";
import type { SqliteDriver } from "../driver.ts";
import { programOf, type Step } from "./guard.ts";
import { toParameters } from "./values.ts";

/**
 * Tells whether a statement may run endlessly, or nearly so: its program is recursive, or scans a whole table for every row of
 * another. The time of all other statements depends on the size of their tables only. Throws the driver's error for an invalid
 * statement.
 *
 * @example
 * ```ts
 * const counting = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";
 * console.log(mayBeEndless(driver, counting, [])); // → true
 * console.log(mayBeEndless(driver, "SELECT count(*) FROM events", [])); // → false
 * ```
 */
export function mayBeEndless(driver: SqliteDriver, text: string, values: readonly SqlValue[]): boolean {
  const program = programOf(driver, text, toParameters(values));
  return hasRecursion(program) || hasNestedScans(program);
}

/** A recursive query takes rows from a queue of its own (https://sqlite.org/lang_with.html#recursive_query_examples). */
function hasRecursion(program: readonly Step[]): boolean {
  const queues = new Set(program.filter(({ opcode }) => opcode === "OpenEphemeral").map(({ p1 }) => p1));
  return program.some(({ opcode, p1 }, index) => {
    const taken = program[index - 1];
    return opcode === "Delete" && queues.has(p1) && taken?.p1 === p1 && /^(RowData|Column)$/.test(taken.opcode);
  });
}

interface Loop {
  readonly start: number;
  readonly end: number;
}

function hasNestedScans(program: readonly Step[]): boolean {
  const scans = program.flatMap((step, end) => (isScan(program, step, end) ? [{ start: step.p2, end }] : []));
  // Code after "Once" runs for the first row only, such as building an automatic index or an uncorrelated subquery.
  const once = program.flatMap(({ opcode, p2 }, start) => (opcode === "Once" ? [{ start, end: p2 }] : []));
  return scans.some((inner) =>
    scans.some((outer) => contains(outer, inner) && !once.some((one) => contains(outer, one) && contains(one, inner))),
  );
}

/** Whether a step is the end of a loop over all rows of a table or subquery. */
function isScan(program: readonly Step[], { opcode, p1, p2 }: Step, address: number): boolean {
  if (p2 >= address) return false;
  if (opcode === "Goto") return program[p2]?.opcode === "Yield";
  const first = program[p2 - 1];
  return /^(Next|Prev)$/.test(opcode) && first?.p1 === p1 && /^(Rewind|Last)$/.test(first.opcode);
}

function contains(outer: Loop, inner: Loop): boolean {
  return outer !== inner && outer.start <= inner.start && inner.end <= outer.end;
}
