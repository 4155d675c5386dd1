import { invalidArgument } from "../../errors.ts";
import { bareText } from "./statement-text.ts";

/** The types of STRICT tables (https://sqlite.org/stricttables.html), and PostgreSQL's. Texts are compared by bytes, as in SQLite. */
const TYPES: ReadonlyMap<string, string> = new Map([
  ["INT", "bigint"],
  ["INTEGER", "bigint"],
  ["REAL", "double precision"],
  ["TEXT", 'text COLLATE "C"'],
  ["BLOB", "bytea"],
]);

/** Words that begin a constraint of the table, or follow a column's type. */
const TABLE_CONSTRAINT = /^(?:CONSTRAINT|PRIMARY|UNIQUE|CHECK|FOREIGN|EXCLUDE|LIKE)$/i;
const COLUMN_CONSTRAINT =
  /^(?:CONSTRAINT|NOT|NULL|PRIMARY|UNIQUE|CHECK|DEFAULT|COLLATE|REFERENCES|GENERATED|AS|ON|DEFERRABLE)$/i;

const ADVICE =
  "tables are STRICT, so each column has a type: INTEGER, REAL, TEXT or BLOB; columns of other types are given as { postgres: … }";

/**
 * Translates the types of columns that are written for all dialects.
 *
 * @throws `invalid-argument` for a column without a type, or of another one.
 */
export function translateColumns(table: string, columns: string): string {
  const bare = bareText(columns);
  const parts: string[] = [];
  for (const { start, end } of definitionsIn(bare)) {
    parts.push(translateDefinition(table, columns.slice(start, end), bare.slice(start, end)));
  }
  return parts.join(",");
}

function translateDefinition(table: string, text: string, bare: string): string {
  const [head = "", name = "", word] = /^\s*([\w$\u0080-\uffff]+)\s*([A-Za-z_]\w*)?/.exec(bare) ?? [];
  if (name === "" || TABLE_CONSTRAINT.test(name)) return text;
  const from = head.indexOf(name);
  const column = text.slice(from, from + name.length);
  if (word === undefined || COLUMN_CONSTRAINT.test(word)) throw refused(table, `missing datatype for ${column}`);
  const type = TYPES.get(word.toUpperCase());
  if (type === undefined) {
    const why = word.toUpperCase() === "ANY" ? "a column of PostgreSQL has one type, not" : "unknown datatype";
    throw refused(table, `${why} "${word}" for ${column}`);
  }
  const own = /\bCOLLATE\b/i.test(bare.slice(head.length)) ? type.replace(/ COLLATE.*/, "") : type;
  return `${text.slice(0, head.length - word.length)}${own}${text.slice(head.length)}`;
}

/** Finds the definitions between commas that stand in no parentheses. */
function definitionsIn(bare: string): readonly { readonly start: number; readonly end: number }[] {
  const found: { start: number; end: number }[] = [];
  let [depth, start] = [0, 0];
  for (const { 0: sign, index } of bare.matchAll(/[(),]/g)) {
    if (sign === ",") {
      if (depth > 0) continue;
      found.push({ start, end: index });
      start = index + 1;
    } else depth += sign === "(" ? 1 : -1;
  }
  return [...found, { start, end: bare.length }];
}

function refused(table: string, what: string): Error {
  return invalidArgument("tables", `the table "${table}" cannot be created: ${what}: ${ADVICE}`);
}
