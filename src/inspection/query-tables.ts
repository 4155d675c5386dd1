import { createCompiler } from "../read-models/sql.ts";
import type { SqlStatement, SqlTable } from "../read-models/read-model.ts";
import { bareSql, firstWord, withoutEnd } from "../read-models/sql-text.ts";
import { invalidArgument, isEventStoreError } from "../errors.ts";
import { modelsOf } from "../storage/capabilities.ts";
import type { EventStorage, ListedModel } from "../storage/protocol.ts";
import { keyOf, prefixOf, withoutAdvice } from "../storage/read-model-names.ts";
import { checkInteger, checkOptions } from "../validate.ts";
import type { InspectedReadModel, InspectedRows, QueryTablesOptions } from "./records.ts";

/** Strings, comments and names of a statement: a name may be quoted. */
const TOKEN =
  /'(?:[^']|'')*'|--[^\n]*|\/\*[^]*?(?:\*\/|$)|"((?:[^"]|"")*)"|([A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*)/g;

/** The first words of queries. */
const ASKING: ReadonlySet<string> = new Set(["select", "with", "values"]);

/** What is shown of a listed model. */
export function toModel(model: ListedModel, head: number, clients: number): InspectedReadModel {
  const { name, schema, checkpoint, built, rebuild, tables } = model;
  return {
    ...{ name, schema, built, clients },
    position: checkpoint,
    lag: Math.max(0, head - checkpoint),
    rebuild: rebuild ?? undefined,
    tables: tables.map(({ name: full, columns, indexes }) => ({ name: shortOf(model, full), columns, indexes })),
  };
}

/** Runs a query over the tables of all models, by their short names. */
export async function queryTables(
  storage: EventStorage,
  models: readonly ListedModel[],
  text: string,
  options: QueryTablesOptions,
): Promise<InspectedRows> {
  checkOptions(options, ["prefer", "limit", "timeout"]);
  const { prefer, limit = 1_000, timeout = 5_000 } = options;
  checkInteger(limit, "limit", 1);
  checkInteger(timeout, "timeout", 1);
  const query = withoutEnd(text);
  const isAlone = /^[\s;]*$/.test(bareSql(text.slice(query.length)));
  if (!isAlone || !ASKING.has(firstWord(query))) {
    throw invalidArgument("sql", "a query is one SELECT over the tables of read models");
  }
  const tables = tablesOf(models, prefer);
  const names = new Map([...tables.values()].map(({ table, full }) => [table, full]));
  const compile = createCompiler((table) => names.get(table) as string, storage.dialect);
  const inner = nameTables(query, (name) => tables.get(name.toLowerCase())?.table);
  const { text: compiled } = compile(within(inner, limit + 1));
  const asked = modelsOf(storage).queryModels({ text: compiled, values: [], timeout, models });
  const { columns, rows } = await asked.catch((error: unknown) => {
    if (!isEventStoreError(error, "invalid-argument")) throw error;
    throw invalidArgument("sql", withoutAdvice(error.message));
  });
  return { columns, rows: rows.slice(0, limit), more: rows.length > limit };
}

interface Named {
  readonly table: SqlTable;
  /** The name in the file. */
  readonly full: string;
}

/** All tables by name, in lower case. Of several with one name, that of the preferred model, or of the newest schema. */
function tablesOf(models: readonly ListedModel[], prefer: string | undefined): ReadonlyMap<string, Named> {
  const rank = (model: ListedModel): number => (prefer === model.name || prefer === keyOf(model) ? 1 : 0);
  const found = new Map<string, Named>();
  for (const model of [...models].sort((a, b) => rank(a) - rank(b) || a.schema - b.schema)) {
    for (const { name: full, columns, indexes } of model.tables) {
      const table = shortOf(model, full);
      found.set(table.toLowerCase(), { table: { table, columns, indexes }, full });
    }
  }
  return found;
}

function shortOf(model: ListedModel, full: string): string {
  return full.slice(prefixOf(model, "used").length);
}

/** Puts tables in the place of their names. A name after a dot is a column, and one after AS an alias. */
function nameTables(text: string, find: (name: string) => SqlTable | undefined): SqlStatement {
  const strings: string[] = [];
  const values: SqlTable[] = [];
  let from = 0;
  for (const { 0: token, 1: quoted, 2: bare, index } of text.matchAll(TOKEN)) {
    const table = find(quoted ?? bare ?? "");
    if (table === undefined || /(?:\.|\bas\s+)$/i.test(text.slice(0, index))) continue;
    strings.push(text.slice(from, index));
    values.push(table);
    from = index + token.length;
  }
  return { strings: [...strings, text.slice(from)], values };
}

/** Limits a query. A comment at its end must not hide the rest. */
function within({ strings, values }: SqlStatement, limit: number): SqlStatement {
  const [first = "", ...others] = strings;
  const pieces = [`SELECT * FROM (${first}`, ...others];
  const last = pieces.pop() as string;
  return { strings: [...pieces, `${last}\n) AS inspected LIMIT ${limit}`], values };
}
