/** SQL tables that are filled from events: `rivulet/read-models`. */
export { defineReadModel } from "./define-read-model.ts";
export type { ReadModelHandlers, ReadModelParts } from "./define-read-model.ts";
export { identifier, joinSql } from "./sql-fragments.ts";
export type { ColumnsRow, RowOf } from "./columns.ts";
export type {
  BuildProgress,
  ParkedEvent,
  QueryOptions,
  ReadModel,
  ReadModelDefinition,
  ReadModelOptions,
  RebuildOptions,
  SqlStatement,
  SqlTable,
  SqlText,
} from "./read-model.ts";
export type { QueryFor, SqlQuery } from "./query-types.ts";
export { sql, table, type SqlInput, type TableOptions } from "./sql.ts";
