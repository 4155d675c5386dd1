import type { SqlTable } from "../../src/index.ts";
import type { SqlInput } from "../../src/read-models/index.ts";

/** A quoted name, a text, or the place of a value. */
const TOKEN = /"((?:[^"]|"")*)"|'(?:[^']|'')*'|\?/g;

/** Returns SQL as the pieces and values of a template, in which tables are values. Each name of a table is one, also as an alias. */
export function toTemplate(
  text: string,
  params: readonly unknown[],
  tables: ReadonlyMap<string, SqlTable>,
): readonly [strings: string[], values: SqlInput[]] {
  const strings: string[] = [];
  const values: SqlInput[] = [];
  let start = 0;
  let bound = 0;
  for (const { 0: token, 1: name, index } of text.matchAll(TOKEN)) {
    const table = name === undefined ? undefined : tables.get(name);
    if (token !== "?" && table === undefined) continue;
    strings.push(text.slice(start, index));
    values.push(table ?? (params[bound++] as SqlInput));
    start = index + token.length;
  }
  strings.push(text.slice(start));
  return [strings, values];
}
