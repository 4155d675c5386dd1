/** A read model's name and schema: what tells its tables from all others. */
export interface ModelKey {
  readonly name: string;
  readonly schema: number;
}

/** Which of a model's tables: those in use, or those that a rebuild makes beside them. */
export type TableSet = "used" | "fresh";

/** How news names a model. */
export function keyOf({ name, schema }: ModelKey): string {
  return `${name}.${schema}`;
}

/** What the names of a set's tables in the file start with. No name of a model or of a table has a point or a plus in it. */
export function prefixOf(model: ModelKey, set: TableSet): string {
  return `${keyOf(model)}${set === "fresh" ? "+" : ""}.`;
}

/** Under whose name a set's parked events are kept. */
export function ownerOf(model: ModelKey, set: TableSet): string {
  return `model/${prefixOf(model, set)}`;
}

/** What the leases of read models' clients start with. Each client's has a name of its own. */
export const CLIENTS = "model/";

/** What the leases start with that the clients of a model hold while they live. */
export function clientsOf(model: ModelKey): string {
  return `${CLIENTS}${keyOf(model)}/`;
}

/** How long a client counts as living that has not been heard of, in milliseconds: so long its tables stay after a crash. */
export const CLIENT_LIVES = 300_000;

/** The lease of the one client that fills a model's tables where that takes long. */
export function builderOf(model: ModelKey): string {
  return `build/${keyOf(model)}`;
}
