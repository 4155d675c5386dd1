/** SQL tables made from events: the door for `defineReadModel`. */
export { defineReadModel } from "./define-read-model.ts";
export type { ReadModelHandlers, ReadModelParts } from "./define-read-model.ts";
export { sql, table, type SqlInput, type TableOptions } from "./sql.ts";
