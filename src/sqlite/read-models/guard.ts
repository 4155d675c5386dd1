import { invalidArgument } from "../../errors.ts";
import { CALLS, FUNCTIONS, OPCODES, VIRTUAL_TABLES } from "./guard-allowed.ts";
import type { SqliteDriver, SqliteParameter, SqliteRow } from "../driver.ts";

/** What a statement of a read model may do. */
export interface Permit {
  /** It may use only tables whose names start with one of these. */
  readonly prefixes: readonly string[];
  /** Whether it may change those tables. */
  readonly writes: boolean;
}

/** One step of the program that SQLite compiles a statement to (https://sqlite.org/opcode.html). */
export interface Step {
  readonly opcode: string;
  readonly p1: number;
  readonly p2: number;
  readonly p3: number;
  readonly p4: string;
}

/** Compiles a statement to SQLite's program without running it. @throws the driver's error for an invalid statement. */
export function programOf(driver: SqliteDriver, text: string, values: readonly SqliteParameter[]): Step[] {
  const toStep = ([, opcode, p1, p2, p3, p4]: SqliteRow): Step =>
    ({ opcode, p1, p2, p3, p4: String(p4 ?? "") }) as Step;
  return driver
    .prepare(`EXPLAIN ${text}`)
    .all(...values)
    .map(toStep);
}

/**
 * Ensures that a statement only computes with its values and the permitted tables, and returns its program. SQLite's own program for
 * the statement is checked, not the text, so that no spelling evades the check; anything not known to be harmless is refused.
 *
 * @throws `invalid-argument` for any other statement.
 */
export function guardStatement(
  driver: SqliteDriver,
  text: string,
  values: readonly SqliteParameter[],
  { prefixes, writes }: Permit,
): readonly Step[] {
  const program = programOf(driver, text, values);
  const owners = [ownersOf(driver, "main")];
  let virtual: ReadonlySet<string> | undefined;
  for (const step of program) {
    const { opcode, p4 } = step;
    if (!OPCODES.has(opcode)) throw refused(`SQLite's opcode ${opcode}, which read models may not use`);
    if (CALLS.has(opcode) && !FUNCTIONS.has(p4.replace(/\(-?\d+\)$/, ""))) {
      throw refused(`the function ${p4.replace(/\(.*/, "")}, which read models may not use`);
    }
    if (opcode === "VOpen" && !(virtual ??= allowedVirtualTables(driver)).has(p4)) {
      throw refused(`a virtual table other than ${VIRTUAL_TABLES.join(" and ")}`);
    }
    if (!writes && (opcode === "OpenWrite" || opcode === "Clear")) throw invalidArgument("sql", "a query is a SELECT");
    const root = openedRoot(step);
    if (root === undefined) continue;
    // Copies of tables are temporary tables of their names.
    if (root.database === 1) owners[1] ??= ownersOf(driver, "temp");
    const owner = owners[root.database]?.get(root.page) ?? "SQLite's own";
    if (!prefixes.some((prefix) => owner.startsWith(prefix))) {
      throw invalidArgument("sql", `a statement may only touch the tables of its own read models, not ${owner}`);
    }
  }
  return program;
}

/** Returns the b-tree that a step opens or empties. Database 0 is the file, 1 holds temporary tables. */
function openedRoot({ opcode, p1, p2, p3 }: Step): { readonly page: number; readonly database: number } | undefined {
  if (opcode === "OpenRead" || opcode === "OpenWrite" || opcode === "ReopenIdx") return { page: p2, database: p3 };
  return opcode === "Clear" ? { page: p1, database: p2 } : undefined;
}

/** Returns the name of the table of each b-tree, by the b-tree's root page. */
function ownersOf(driver: SqliteDriver, database: "main" | "temp"): ReadonlyMap<unknown, string> {
  const rows = driver.prepare(`SELECT rootpage, tbl_name FROM ${database}.sqlite_schema WHERE rootpage > 0`).all();
  return new Map(rows.map(([root, owner]) => [root, String(owner)]));
}

/** Programs name a virtual table by its address in memory; the addresses of the allowed ones are found by compiling a query on them. */
function allowedVirtualTables(driver: SqliteDriver): ReadonlySet<string> {
  const program = programOf(driver, `SELECT 1 FROM ${VIRTUAL_TABLES.join(", ")}`, []);
  return new Set(program.filter(({ opcode }) => opcode === "VOpen").map(({ p4 }) => p4));
}

function refused(what: string): Error {
  return invalidArgument("sql", `this statement uses ${what}`);
}
