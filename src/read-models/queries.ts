import { invalidArgument } from "../errors.ts";
import { createLive, type LiveEvents } from "../projections/live-state.ts";
import { startLiveQuery } from "./live-query.ts";
import { modelsOf } from "../storage/capabilities.ts";
import { orAborted, refuseAborted, whenAborted } from "../platform.ts";
import { checkInteger, checkOptions } from "../validate.ts";
import type { PreparedQuery } from "./model-inside.ts";
import { ofDialect } from "./dialects.ts";
import type { QueryOptions, ReadModel, SqlStatement, SqlTable, SqlText } from "./read-model.ts";
import type { SqlQuery } from "./query-types.ts";
import { createCompiler, raiseForeign, type BoundStatement } from "./sql.ts";
import type { ModelRows } from "../storage/protocol.ts";

/** The default `timeout` of a query, in milliseconds. */
const QUERY_TIMEOUT = 5_000;

type Reads = PreparedQuery["reads"];

/** The queries over one read model, or over several of one store. */
interface Queries extends Pick<ReadModel, "query" | "live"> {
  readonly prepare: ReadModel["_rivulet"]["prepare"];
}

/** `self` is called at the first query. */
export function createQueries(self: () => ReadModel): Queries {
  let compileOwn: ((statement: SqlText) => BoundStatement) | undefined;

  /** Returns the models that a query reads, and its compiled statement. @throws `invalid-argument`. */
  function prepare(statement: SqlText, options: QueryOptions): PreparedQuery {
    checkOptions(options, ["reads", "signal", "timeout"]);
    const reads = options.reads === undefined ? ([self()] as const) : checkReads(self(), options.reads);
    const compile = options.reads === undefined ? (compileOwn ??= compilerOf(reads)) : compilerOf(reads);
    const { timeout = QUERY_TIMEOUT } = options;
    checkInteger(timeout, "timeout", 1);
    return {
      reads,
      query: { ...compile(statement), timeout, models: reads.map(({ _rivulet: inside }) => inside.key) },
      rowsOf: rowsOf(ofDialect(statement, reads[0]._rivulet.context.storage.dialect, "this statement")),
    };
  }

  return {
    prepare,
    async query<Row>(statement: SqlText, options: QueryOptions = {}) {
      const { context } = self()._rivulet;
      context.ensureOpen();
      const { reads, query, rowsOf: toRows } = prepare(statement, options);
      refuseAborted(options.signal);
      const { signal } = options;
      for (const { _rivulet: inside } of reads) await inside.ready(signal);
      const ask = (): Promise<ModelRows> => modelsOf(context.storage).queryModels(query, whenAborted(signal));
      return toRows(await orAborted(ask, signal)) as Row[];
    },
    live<Row>(statement: SqlText, options: QueryOptions = {}) {
      const prepared = prepare(statement, options);
      const { reads } = prepared;
      for (const { _rivulet: inside } of reads) inside.ensureRunning();
      const start = (events: LiveEvents<readonly Row[]>): (() => void) =>
        startLiveQuery(prepared, events as LiveEvents<readonly object[]>);
      return createLive<readonly Row[]>("the live query", reads[0]._rivulet.context, [], options.signal, start);
    },
  };
}

/**
 * Returns how a statement makes its rows: as objects, keyed by the names of the columns, unless it has a way of its own.
 * That throws `invalid-argument` for two columns with one name.
 */
function rowsOf(statement: SqlStatement & Partial<SqlQuery<object>>): PreparedQuery["rowsOf"] {
  const own = statement._rivulet?.rowsOf;
  if (own !== undefined) return ({ rows }) => own(rows);
  return ({ columns, rows }) => {
    refuseSameName(columns);
    return rows.map((row) => Object.fromEntries(columns.map((name, index) => [name, row[index]])));
  };
}

/** Of two columns with one name, an object could have only one. @throws `invalid-argument`. */
function refuseSameName(columns: readonly string[]): void {
  const twice = columns.find((name, index) => columns.indexOf(name) !== index);
  if (twice === undefined) return;
  throw invalidArgument("sql", `this query has several columns named "${twice}": give each a name of its own with AS`);
}

function checkReads({ _rivulet: { context } }: ReadModel, reads: readonly ReadModel[]): Reads {
  const all = Array.isArray(reads) ? reads : [];
  if (all.length > 0 && all.every((one) => one?._rivulet?.context === context)) return all as unknown as Reads;
  throw invalidArgument("reads", "reads must list the read models that the query names, all of this store");
}

function compilerOf(reads: Reads): (statement: SqlText) => BoundStatement {
  const names = new Map<SqlTable, string>(reads.flatMap(({ _rivulet: { model } }) => [...model.tables]));
  const where = `the read model ${reads.map(({ name }) => `"${name}"`).join(" or ")}`;
  return createCompiler((one) => names.get(one) ?? raiseForeign(one, where), reads[0]._rivulet.context.storage.dialect);
}
