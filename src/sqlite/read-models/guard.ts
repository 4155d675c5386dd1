import { invalidArgument } from "../../errors.ts";
import { CALLS, FUNCTIONS, OPCODES, VIRTUAL_TABLES } from "./allowed-sql.ts";
import type { SqliteDriver, SqliteParameter, SqliteRow } from "../driver.ts";

/** What a statement of a read model is made for. */
export interface Permit {
  /** The names of the tables that it may touch start with one of these. */
  readonly prefixes: readonly string[];
  /** Whether it may change them. */
  readonly writes: boolean;
}

/** One step of the program that SQLite makes of a statement (https://sqlite.org/opcode.html). */
export interface Step {
  readonly opcode: string;
  readonly p1: number;
  readonly p2: number;
  readonly p3: number;
  readonly p4: string;
}

/** SQLite's program for a statement. It is not run. Throws what the driver throws. */
export function programOf(driver: SqliteDriver, text: string, values: readonly SqliteParameter[]): Step[] {
  const toStep = ([, opcode, p1, p2, p3, p4]: SqliteRow): Step =>
    ({ opcode, p1, p2, p3, p4: String(p4 ?? "") }) as Step;
  return driver
    .prepare(`EXPLAIN ${text}`)
    .all(...values)
    .map(toStep);
}

/**
 * Refuses (`invalid-argument`) a statement that would do anything but compute with what it is given and with the tables that it
 * may touch. What it would do is what SQLite's own program for it says, so that no disguise of the text helps; what is not known
 * to be harmless is refused. Returns the program.
 */
export function guardStatement(
  driver: SqliteDriver,
  text: string,
  values: readonly SqliteParameter[],
  { prefixes, writes }: Permit,
): readonly Step[] {
  const program = programOf(driver, text, values);
  const owners = ownersOf(driver);
  let virtual: ReadonlySet<string> | undefined;
  for (const step of program) {
    const { opcode, p4 } = step;
    if (!OPCODES.has(opcode)) throw refused(`${opcode}, which no statement of a read model may do`);
    if (CALLS.has(opcode) && !FUNCTIONS.has(p4.replace(/\(-?\d+\)$/, ""))) {
      throw refused(`the function ${p4.replace(/\(.*/, "")}, which read models do not have`);
    }
    if (opcode === "VOpen" && !(virtual ??= allowedVirtualTables(driver)).has(p4)) {
      throw refused(`a virtual table other than ${VIRTUAL_TABLES.join(" and ")}`);
    }
    if (!writes && (opcode === "OpenWrite" || opcode === "Clear")) throw invalidArgument("sql", "a query is a SELECT");
    const root = openedRoot(step);
    if (root === undefined) continue;
    const owner = (root.database === 0 ? owners.get(root.page) : undefined) ?? "SQLite's own";
    if (!prefixes.some((prefix) => owner.startsWith(prefix))) {
      throw invalidArgument("sql", `a statement may only touch the tables of its own read models, not ${owner}`);
    }
  }
  return program;
}

/** The b-tree that a step opens or empties: 0 is the file's own schema, 1 that of temporary tables. */
function openedRoot({ opcode, p1, p2, p3 }: Step): { readonly page: number; readonly database: number } | undefined {
  if (opcode === "OpenRead" || opcode === "OpenWrite" || opcode === "ReopenIdx") return { page: p2, database: p3 };
  return opcode === "Clear" ? { page: p1, database: p2 } : undefined;
}

/** Which table each b-tree belongs to. */
function ownersOf(driver: SqliteDriver): ReadonlyMap<unknown, string> {
  const rows = driver.prepare("SELECT rootpage, tbl_name FROM sqlite_schema WHERE rootpage > 0").all();
  return new Map(rows.map(([root, owner]) => [root, String(owner)]));
}

/** A program names a virtual table by where it is in memory: what SQLite says of the allowed ones tells where these are. */
function allowedVirtualTables(driver: SqliteDriver): ReadonlySet<string> {
  const program = programOf(driver, `SELECT 1 FROM ${VIRTUAL_TABLES.join(", ")}`, []);
  return new Set(program.filter(({ opcode }) => opcode === "VOpen").map(({ p4 }) => p4));
}

function refused(what: string): Error {
  return invalidArgument("sql", `this statement uses ${what}`);
}
