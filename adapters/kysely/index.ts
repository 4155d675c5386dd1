import { DummyDriver, Kysely, SqliteAdapter, SqliteIntrospector, type Compilable, type CompiledQuery } from "kysely";
import { invalidArgument } from "../../src/adapter.ts";
import type { SqlQuery, SqlTable } from "../../src/index.ts";
import type { RowOf } from "../../src/read-models/index.ts";
import { isOfRivulet, TemplateCompiler } from "./template-compiler.ts";

/** The rows of tables, by the names that queries use, as Kysely wants them. */
export type DatabaseOf<Tables extends Readonly<Record<string, SqlTable<unknown>>>> = {
  [Name in keyof Tables]: RowOf<Tables[Name]>;
};

/**
 * Returns a Kysely that builds statements over tables of read models, by the names under which they are given. Their columns have the
 * types of tables that are defined with an object. It executes nothing: give what it builds to `statementOf`.
 *
 * @throws `invalid-argument` if a table is not made with `table`.
 * @example
 * ```ts
 * const rooms = table("rooms", { name: "TEXT PRIMARY KEY", beds: "INTEGER NOT NULL" });
 * const db = kyselyFor({ rooms });
 * const large = statementOf(db.selectFrom("rooms").select("name").where("beds", ">", 2));
 * console.log(large.values.slice(1)); // → [ 2 ]
 * ```
 */
export function kyselyFor<const Tables extends Readonly<Record<string, SqlTable<unknown>>>>(
  tables: Tables,
): Kysely<DatabaseOf<Tables>> {
  if (typeof tables !== "object" || tables === null || Array.isArray(tables)) {
    throw invalidArgument("tables", "tables must be an object: { rooms }");
  }
  for (const [name, table] of Object.entries(tables)) {
    if (typeof table?.table !== "string") throw invalidArgument("tables", `"${name}" must be made with table()`);
  }
  return new Kysely({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new SqliteIntrospector(db),
      createQueryCompiler: () => new TemplateCompiler(tables),
    },
  });
}

/**
 * Makes a statement of what was built with `kyselyFor`: for the handlers of a read model, and for its queries, whose rows then have the
 * type of the selection. Values are bound, and tables are those of the read model's present schema.
 *
 * @throws `invalid-argument` for what another Kysely has built, an alias that is the name of another table, and values that SQL cannot
 * keep, such as a `Date`.
 * @example
 * ```ts
 * const rooms = table("rooms", { name: "TEXT PRIMARY KEY", beds: "INTEGER NOT NULL" });
 * const db = kyselyFor({ rooms });
 * const added = statementOf(db.insertInto("rooms").values({ name: "attic", beds: 1 }));
 * console.log(added.values.slice(1)); // → [ 'attic', 1 ]
 * ```
 */
export function statementOf<Row>(query: Compilable<Row> | CompiledQuery<Row>): SqlQuery<Row> {
  const given = Object(query) as typeof query;
  const compiled: CompiledQuery<Row> = "compile" in given ? given.compile() : given;
  if (isOfRivulet(compiled)) return { ...compiled.statement, _rivulet: {} };
  throw invalidArgument("query", "query must be built with the Kysely that kyselyFor returns");
}
