/** A read model's name and schema, which identify its tables. */
export interface ModelKey {
  readonly name: string;
  readonly schema: number;
}

/** A set of a model's tables: those in use, or those that a rebuild fills. */
export type TableSet = "used" | "fresh";

/** Returns the name of a model in news. */
export function keyOf({ name, schema }: ModelKey): string {
  return `${name}.${schema}`;
}

/** Returns the start of the names of a set's tables. Names of models and tables contain no dot and no plus sign. */
export function prefixOf(model: ModelKey, set: TableSet): string {
  return `${keyOf(model)}${set === "fresh" ? "+" : ""}.`;
}

/** Returns the owner of a set's parked events. */
export function ownerOf(model: ModelKey, set: TableSet): string {
  return `model/${prefixOf(model, set)}`;
}

/** The start of the names of the leases of read models' clients. Each client has a lease of its own. */
export const CLIENTS = "model/";

/** Returns the start of the names of the leases that the clients of a model hold. */
export function clientsOf(model: ModelKey): string {
  return `${CLIENTS}${keyOf(model)}/`;
}

/** The duration of a client's lease, in milliseconds. After a crash, the client's tables are kept for this time. */
export const CLIENT_LIVES = 300_000;

/** Returns the name of the lease for building a model's tables. */
export function builderOf(model: ModelKey): string {
  return `build/${keyOf(model)}`;
}

/** What is said where a statement names a table that is not there. */
const ADVICE = ": name a table through its object, as ${table}";

/** Returns what is said after the message about such a statement. `tables` are those that are there. */
export function adviseTables(tables: readonly string[]): string {
  const names = [...new Set(tables)].sort();
  return `${ADVICE}; ${names.length === 0 ? "there are no tables" : `the tables are ${names.join(", ")}`}`;
}

/** Removes the advice from a message, for statements that are written without templates. */
export function withoutAdvice(message: string): string {
  return message.replace(ADVICE, "");
}
