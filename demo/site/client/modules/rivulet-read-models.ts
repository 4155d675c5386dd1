/** `rivulet/read-models` for the examples of a page: the tables of their models are shown. */
import type { Event, ReadModelDefinition } from "rivulet";
import { defineReadModel as define, type ReadModelParts } from "rivulet/read-models";
import { rememberTables } from "../playground/tracked.ts";

export * from "rivulet/read-models";

export function defineReadModel<E extends Event>(parts: ReadModelParts<E>): ReadModelDefinition {
  const definition = define<E>(parts);
  rememberTables(definition, parts.tables);
  return definition;
}
