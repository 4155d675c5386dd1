import type { SqlValue } from "../../storage/protocol.ts";
import type { SqliteDriver } from "../driver.ts";
import { programOf, type Step } from "./guard.ts";
import { toParameters } from "./values.ts";

/**
 * Whether a statement of a read model may run without end, or as good as: its program has a recursion, or goes through a whole
 * table for every row of another. Anything else takes about as long as its tables are large. Throws what the driver throws for a
 * statement that cannot be run.
 */
export function mayBeEndless(driver: SqliteDriver, text: string, values: readonly SqlValue[]): boolean {
  const program = programOf(driver, text, toParameters(values));
  return hasRecursion(program) || hasNestedScans(program);
}

/** A recursion takes row after row out of a queue of its own (https://sqlite.org/lang_with.html#recursive_query_examples). */
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
  // What is done once is done for the first row alone: an index that SQLite makes for itself, a subquery of its own.
  const once = program.flatMap(({ opcode, p2 }, start) => (opcode === "Once" ? [{ start, end: p2 }] : []));
  return scans.some((inner) =>
    scans.some((outer) => contains(outer, inner) && !once.some((one) => contains(outer, one) && contains(one, inner))),
  );
}

/** Goes on with the next row of a table or subquery that is gone through from its beginning. */
function isScan(program: readonly Step[], { opcode, p1, p2 }: Step, place: number): boolean {
  if (p2 >= place) return false;
  if (opcode === "Goto") return program[p2]?.opcode === "Yield";
  const first = program[p2 - 1];
  return /^(Next|Prev)$/.test(opcode) && first?.p1 === p1 && /^(Rewind|Last)$/.test(first.opcode);
}

function contains(outer: Loop, inner: Loop): boolean {
  return outer !== inner && outer.start <= inner.start && inner.end <= outer.end;
}
