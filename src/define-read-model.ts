import { EventStoreError, invalidArgument } from "./errors.ts";
import type { Event, StoredEvent } from "./event.ts";
import { checkInteger, checkName } from "./names.ts";
import { openReadModel } from "./open-read-model.ts";
import type { ReadModelDefinition, SqlStatement, SqlTable } from "./read-model.ts";
import { checkIdentifier, createCompiler } from "./sql.ts";
import type { ModelQuery, ModelRecord } from "./storage/protocol.ts";

/** One function an event type, which says what the event does to the tables. Every type of the union has one. */
export type ReadModelHandlers<E extends Event> = {
  readonly [Each in E as Each["type"]]: (event: StoredEvent<Each>) => SqlStatement | readonly SqlStatement[];
};

export interface ReadModelParts<E extends Event> {
  /** Letters, digits and underscores, at most 63. */
  readonly name: string;
  /**
   * Of the tables and what fills them, from 1, the default. Raise it when either changes: the new schema has tables of its
   * own, filled from the start, beside the old ones.
   */
  readonly schema?: number | undefined;
  readonly tables: readonly SqlTable[];
  /** Pure functions: they look at nothing but the event. */
  readonly on: ReadModelHandlers<E>;
}

/** Parts that were checked, and what they make of events and queries. */
export interface CompiledModel {
  readonly record: ModelRecord;
  readonly types: readonly string[];
  /** Throws `projection-failed`. */
  statementsFor(event: StoredEvent): readonly ModelQuery[];
  /** Throws `invalid-argument`. */
  compile(statement: SqlStatement): ModelQuery;
}

/** Describes SQL tables and how events fill them, for `store.readModel`. Throws `invalid-argument`. */
export function defineReadModel(parts: ReadModelParts<Event>): ReadModelDefinition;
export function defineReadModel<E extends Event>(parts: ReadModelParts<E>): ReadModelDefinition;
export function defineReadModel<E extends Event>(parts: ReadModelParts<E>): ReadModelDefinition {
  const model = compileModel(parts);
  const { name, schema } = model.record;
  return { name, schema, open: (source, options) => openReadModel(source, model, options) };
}

function compileModel<E extends Event>({ name, schema = 1, tables, on }: ReadModelParts<E>): CompiledModel {
  checkIdentifier(name, "name");
  checkInteger(schema, "schema", 1);
  if (!Array.isArray(tables) || tables.length === 0)
    throw invalidArgument("tables", "tables must list at least one table");
  const names = new Map(tables.map((one: SqlTable) => [one, `${name}.${schema}.${one.table}`]));
  if (new Set(names.values()).size < tables.length) throw invalidArgument("tables", "two of the tables have one name");
  const handlers = new Map<string, (event: StoredEvent) => unknown>(Object.entries(on ?? {}));
  for (const [type, handler] of handlers) {
    checkName(type, `on.${type}`, "event type");
    if (typeof handler !== "function") throw invalidArgument(`on.${type}`, `on.${type} must be a function`);
  }
  const compile = createCompiler((one) => {
    const found = names.get(one);
    if (found === undefined) throw invalidArgument("sql", `"${one.table}" is no table of the read model "${name}"`);
    return found;
  });

  return {
    record: {
      name,
      schema,
      tables: [...names].map(([{ columns, indexes }, full]) => ({ name: full, columns, indexes })),
    },
    types: [...handlers.keys()],
    compile,
    statementsFor(event) {
      try {
        const made = handlers.get(event.type)?.(event) ?? raise("the handler returned no statements");
        return (Array.isArray(made) ? made : [made]).map(compile);
      } catch (cause) {
        throw modelFailed(name, event, cause);
      }
    },
  };
}

/** The error for an event that a read model cannot take. */
export function modelFailed(name: string, { type, position, id }: StoredEvent, cause: unknown): EventStoreError {
  const message = `the read model "${name}" failed at the event "${type}" at position ${position}: ${String(cause)}`;
  return new EventStoreError("projection-failed", message, { name, position, eventId: id }, cause);
}

function raise(message: string): never {
  throw new TypeError(message);
}
