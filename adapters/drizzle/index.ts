import { is } from "drizzle-orm";
import { SQLiteTable } from "drizzle-orm/sqlite-core";
import { RemotePreparedQuery } from "drizzle-orm/sqlite-proxy";
import { invalidArgument } from "../../src/adapter.ts";
import type { SqlQuery, SqlTable } from "../../src/index.ts";
import { sql } from "../../src/read-models/index.ts";
import { mappingOf } from "./mapping-of.ts";
import { columnNamesOf, tableOf } from "./table-of.ts";
import { toTemplate } from "./to-template.ts";

/** A table that is made with `sqliteTable` of Drizzle. */
export interface DrizzleTable {
  /** The type of its rows, for the compiler alone. */
  readonly $inferSelect: object;
}

/** What Drizzle has built: a selection, an insertion, an update or a deletion. `Rows` is what it gives. */
export interface DrizzleQuery<Rows> extends PromiseLike<Rows> {
  /** The method of Drizzle that `statementOf` calls. */
  readonly prepare: unknown;
}

/** The rows of what Drizzle has built; none if it gives no rows. */
export type DrizzleRow<Rows> = Rows extends readonly (infer Row)[] ? Row : never;

/** Tables of a read model that Drizzle describes. */
export interface DrizzleTables<Tables extends Readonly<Record<string, DrizzleTable>>> {
  /** The tables for `defineReadModel`, and for statements made with `sql`. */
  readonly tables: { readonly [Name in keyof Tables]: SqlTable };
  /**
   * Makes a statement of what Drizzle has built: for the handlers of a read model, and for its queries, whose rows are then those of
   * Drizzle, with its names of fields, joined tables and modes such as booleans and dates. Values are bound.
   *
   * @throws `invalid-argument` for what a Drizzle of another kind has built, placeholders, and values that SQL cannot keep.
   * @example
   * ```ts
   * const halls = sqliteTable("halls", { name: text().primaryKey(), open: integer({ mode: "boolean" }).notNull() });
   * const { statementOf } = drizzleTables({ halls });
   * const added = statementOf(drizzle(buildOnly).insert(halls).values({ name: "east", open: true }));
   * console.log(added.values.slice(1)); // → [ 'east', 1 ]
   * ```
   */
  statementOf<Rows>(query: DrizzleQuery<Rows>): SqlQuery<DrizzleRow<Rows>>;
}

/**
 * Makes a Drizzle that only builds, if it is passed to `drizzle` of `drizzle-orm/sqlite-proxy`. What is awaited nevertheless
 * rejects.
 *
 * @throws `invalid-argument` where it is called.
 * @example
 * ```ts
 * const halls = sqliteTable("halls", { name: text().primaryKey(), seats: integer().notNull() });
 * const large = drizzle(buildOnly).select({ hall: halls.name }).from(halls).where(gt(halls.seats, 100));
 * console.log(large.toSQL().params); // → [ 100 ]
 * ```
 */
export function buildOnly(): Promise<never> {
  const message =
    "read models execute what Drizzle builds: give it to statementOf, and that to query, live or a handler";
  return Promise.reject(invalidArgument("query", message));
}

/**
 * Returns the tables of a read model for tables that are described with Drizzle, and how statements are made of what it builds.
 *
 * @throws `invalid-argument` for a table that is not made with `sqliteTable`, what the tables of a read model cannot have, such as
 * references, two tables of one name, and a column that has the name of one of the tables.
 * @example
 * ```ts
 * const halls = sqliteTable("halls", { name: text().primaryKey(), seats: integer().notNull() });
 * const { tables } = drizzleTables({ halls });
 * console.log(tables.halls.columns); // → "name" TEXT PRIMARY KEY NOT NULL, "seats" INTEGER NOT NULL
 * ```
 */
export function drizzleTables<Tables extends Readonly<Record<string, DrizzleTable>>>(
  tables: Tables,
): DrizzleTables<Tables> {
  if (typeof tables !== "object" || tables === null || Array.isArray(tables)) {
    throw invalidArgument("tables", "tables must be an object: { halls }");
  }
  const given = Object.entries<unknown>(tables).map(([key, one]) => {
    if (!is(one, SQLiteTable)) throw invalidArgument("tables", `"${key}" must be made with sqliteTable()`);
    return [key, one, tableOf(one)] as const;
  });
  const byName = new Map<string, SqlTable>();
  for (const [, , made] of given) {
    if (byName.has(made.table))
      throw invalidArgument("tables", `two tables are named "${made.table}": rename one of them`);
    byName.set(made.table, made);
  }
  for (const [, one, { table }] of given) {
    const taken = columnNamesOf(one).find((column) => byName.has(column));
    if (taken !== undefined)
      throw invalidArgument(
        "tables",
        `the column "${taken}" of "${table}" has the name of a table: rename one of them`,
      );
  }
  return {
    tables: Object.fromEntries(given.map(([key, , made]) => [key, made])) as DrizzleTables<Tables>["tables"],
    statementOf<Rows>(query: DrizzleQuery<Rows>) {
      const prepared = prepare(query);
      const { sql: text, params } = prepared.getQuery();
      const [strings, values] = toTemplate(text, params, byName);
      const statement = sql(Object.assign(strings, { raw: strings }), ...values);
      const rowsOf = (rows: readonly (readonly unknown[])[]) =>
        prepared.mapAllResult(rows) as readonly DrizzleRow<Rows>[];
      return { ...statement, _rivulet: { rowsOf, mapping: mappingOf(prepared) } };
    },
  };
}

function prepare(query: DrizzleQuery<unknown>): RemotePreparedQuery {
  let cause: unknown;
  try {
    const prepared = (query as { prepare(): unknown }).prepare();
    if (is(prepared, RemotePreparedQuery)) return prepared;
  } catch (error) {
    cause = error;
  }
  const message = "query must be built with drizzle(buildOnly) of drizzle-orm/sqlite-proxy";
  throw Object.assign(invalidArgument("query", message), cause !== undefined && { cause });
}
