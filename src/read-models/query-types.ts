import type { ModelRows, SqlValue } from "../storage/protocol.ts";
import type { SqlStatement, SqlText } from "./read-model.ts";

/** A query whose rows have a known type, as `rivulet/kysely` and `rivulet/drizzle` make it. */
export interface SqlQuery<Row> extends SqlStatement {
  /** For rivulet itself. */
  readonly _rivulet: QueryInternals<Row>;
}

/**
 * A query with rows of a type: one that has been built for it, or one made with `sql`, whose rows are objects with columns that SQL keeps.
 * A boolean is a number there, and a date what was bound for it.
 */
export type QueryFor<Row> =
  | SqlQuery<Row>
  | (unknown extends Row ? SqlText : [NotKept<Row>] extends [never] ? SqlText : never);

/** The parts of a union that are no rows of a query made with `sql`. */
type NotKept<Row> = Row extends readonly unknown[]
  ? Row
  : Row extends object
    ? Row extends { readonly [Column in keyof Row]: Kept<Row[Column]> }
      ? never
      : Row
    : Row;

/** What SQL may keep in a column; `unknown` is not checked. */
type Kept<Value> = unknown extends Value ? unknown : SqlValue | undefined;

/** How a query makes its rows. */
interface QueryInternals<Row> {
  /** For the compiler alone. */
  readonly row?: Row;
  /** Makes the rows of the values of all columns; default: objects, keyed by the names of the columns. */
  rowsOf?(values: ModelRows["rows"]): readonly Row[];
  /** Tells `rowsOf` from those of other queries, for components, which know a query by its text. */
  readonly mapping?: string;
}
