import type { SqlValue } from "../../storage/protocol.ts";
import type { SqliteDriver } from "../driver.ts";
import { programOf, type Step } from "./guard.ts";
import { hasLongCall } from "./long-calls.ts";
import { toParameters } from "./values.ts";

/**
 * Tells whether a statement may run endlessly, or nearly so: its program is recursive, scans a whole table for every row of
 * another, or calls a function that may take long by itself. The time of all other statements depends on the size of their tables
 * only. Of the values only the large ones matter ({@link isLarge}). An invalid statement fails with the driver's error.
 *
 * @example
 * ```ts
 * const pairs = "SELECT 1 FROM events AS a, events AS b";
 * console.log(mayBeEndless(driver, pairs, [])); // → true
 * console.log(mayBeEndless(driver, "SELECT length(randomblob(?))", [1_000_000_000])); // → true
 * console.log(mayBeEndless(driver, "SELECT count(*) FROM events", [])); // → false
 * ```
 */
export function mayBeEndless(driver: SqliteDriver, text: string, values: readonly SqlValue[]): boolean {
  const program = programOf(driver, text, toParameters(values));
  return hasRecursion(program) || hasNestedScans(program) || hasLongCall(program, values);
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
  readonly cursor: number;
  /** The cursor whose value it goes through, for a virtual table. */
  readonly source?: number | undefined;
}

function hasNestedScans(program: readonly Step[]): boolean {
  const scans = program.flatMap((step, end) => scanOf(program, step, end) ?? []);
  // Code after "Once" runs for the first row only, such as building an automatic index or an uncorrelated subquery.
  const once = program.flatMap(({ opcode, p2 }, start) => (opcode === "Once" ? [{ start, end: p2 }] : []));
  return scans.some((inner) => {
    const outer = closest(scans.filter((scan) => contains(scan, inner)));
    // The elements of a value in the outer row: together they are no more than the table is large.
    if (outer === undefined || inner.source === outer.cursor) return false;
    return !once.some((one) => contains(outer, one) && contains(one, inner));
  });
}

/** Returns the innermost of nested loops. */
function closest(loops: readonly Loop[]): Loop | undefined {
  return loops.reduce<Loop | undefined>((found, loop) => (found && contains(loop, found) ? found : loop), undefined);
}

/** Returns the loop that a step ends, if it is a loop over a table, a range of it, or a subquery. */
function scanOf(program: readonly Step[], { opcode, p1, p2 }: Step, end: number): Loop | undefined {
  if (p2 >= end) return undefined;
  if (opcode === "Goto") return program[p2]?.opcode === "Yield" ? { start: p2, end, cursor: -1 } : undefined;
  const loop = { start: p2, end, cursor: p1 };
  if (opcode === "VNext") return { ...loop, source: sourceOf(program, p1, p2) };
  return /^(Next|Prev)$/.test(opcode) && !isLookup(program, loop) ? loop : undefined;
}

/** Returns the cursor from which the argument of a table-valued function comes. */
function sourceOf(program: readonly Step[], cursor: number, start: number): number | undefined {
  const filter = lastBefore(program, start, ({ opcode, p1 }) => opcode === "VFilter" && p1 === cursor);
  // Two registers precede the arguments: the plan, and the number of arguments.
  const argument = filter && program.filter(({ opcode, p3 }) => /^V?Column$/.test(opcode) && p3 === filter.p3 + 2);
  return argument?.length === 1 ? argument[0]?.p1 : undefined;
}

/** Whether a loop reads only the rows of an index that equal given values. */
function isLookup(program: readonly Step[], { start, cursor }: Loop): boolean {
  const begins = ({ opcode, p1 }: Step): boolean => p1 === cursor && /^(Rewind|Last|Seek[GL][TE])$/.test(opcode);
  const from = lastBefore(program, start + 1, begins);
  const next = program[start];
  if (from === undefined || !from.opcode.startsWith("Seek")) return from === undefined;
  if (next === undefined || next.p1 !== cursor || !/^Idx[GL][TE]$/.test(next.opcode) || next.p3 !== from.p3)
    return false;
  // With one column, a range computes its end between these steps, in the register of its start.
  return Math.max(Number(from.p4), Number(next.p4)) > 1 || program[start - 1] === from;
}

function lastBefore(program: readonly Step[], end: number, wanted: (step: Step) => boolean): Step | undefined {
  return program.slice(0, end).reduce<Step | undefined>((found, step) => (wanted(step) ? step : found), undefined);
}

function contains(outer: Pick<Loop, "start" | "end">, inner: Pick<Loop, "start" | "end">): boolean {
  return outer !== inner && outer.start <= inner.start && inner.end <= outer.end;
}
