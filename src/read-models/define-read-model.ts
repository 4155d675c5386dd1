import { EventStoreError, describe, invalidArgument } from "../errors.ts";
import type { Event, StoredEvent } from "../event.ts";
import { checkInteger, checkOptions } from "../validate.ts";
import { openReadModel } from "./open-read-model.ts";
import type { ReadModelDefinition, SqlStatement, SqlTable } from "./read-model.ts";
import { prefixOf, type TableSet } from "../storage/read-model-names.ts";
import { checkIdentifier, createCompiler, raiseForeign, type BoundStatement, isTable } from "./sql.ts";
import type { ModelRecord } from "../storage/protocol.ts";
import { refuseThenable } from "../async/thenable.ts";
import { toHandlers } from "../events/handlers.ts";

/** One function an event type, which says what the event does to the tables. Events of a type that is left out do nothing. */
export type ReadModelHandlers<E extends Event> = {
  readonly [Each in E as Each["type"]]?:
    | ((event: StoredEvent<Each>) => SqlStatement | readonly SqlStatement[])
    | undefined;
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
  /**
   * What an event does that its handler or a statement of it fails for. "stop", the default: the model stops before it, with
   * `projection-failed`. "park": it is put aside, to be listed with `parked()` and tried again with `retryParked()`.
   */
  readonly onError?: "stop" | "park" | undefined;
}

/** Parts that were checked, and what they make of events. */
export interface CompiledModel {
  readonly record: ModelRecord;
  readonly types: readonly string[];
  /** Whether an event that fails is put aside. */
  readonly parks: boolean;
  /** Stands for the handlers' code, as far as it can be seen. */
  readonly code: string;
  /** The tables in use, and their names in the file. */
  readonly tables: ReadonlyMap<SqlTable, string>;
  /** How long the statements of one transaction may run, in milliseconds. */
  readonly timeout?: number | undefined;
  /** Throws `projection-failed`. */
  statementsFor(event: StoredEvent, set: TableSet): readonly BoundStatement[];
}

/** Describes SQL tables and how events fill them, for `store.readModel`. Throws `invalid-argument`. */
export function defineReadModel(parts: ReadModelParts<Event>): ReadModelDefinition;
export function defineReadModel<E extends Event>(parts: ReadModelParts<E>): ReadModelDefinition;
export function defineReadModel<E extends Event>(parts: ReadModelParts<E>): ReadModelDefinition {
  const model = compileModel(parts);
  const { name, schema } = model.record;
  return { name, schema, _rivulet: { open: (source, options) => openReadModel(source, model, options) } };
}

function compileModel<E extends Event>(parts: ReadModelParts<E>): CompiledModel {
  checkOptions(parts, ["name", "schema", "tables", "on", "onError"], "parts");
  const { name, schema = 1, tables, on, onError = "stop" } = parts;
  checkIdentifier(name, "name");
  checkInteger(schema, "schema", 1);
  if (!Array.isArray(tables) || tables.length === 0 || !Array.from(tables).every(isTable))
    throw invalidArgument("tables", "tables must list at least one table, each made by table()");
  if (onError !== "stop" && onError !== "park") throw invalidArgument("onError", 'onError must be "stop" or "park"');
  const handlers = toHandlers<(event: StoredEvent) => unknown>(on, "on");
  const used = namesIn("used");
  // SQLite does not tell upper from lower case in names.
  if (new Set([...used.values()].map((one) => one.toLowerCase())).size < tables.length)
    throw invalidArgument("tables", "two of the tables have one name");
  const compilers = { used: createCompiler(nameFrom(used)), fresh: createCompiler(nameFrom(namesIn("fresh"))) };

  function namesIn(set: TableSet): Map<SqlTable, string> {
    return new Map(tables.map((one: SqlTable) => [one, prefixOf({ name, schema }, set) + one.table]));
  }

  function nameFrom(names: ReadonlyMap<SqlTable, string>): (one: SqlTable) => string {
    return (one) => names.get(one) ?? raiseForeign(one, `the read model "${name}"`);
  }

  return {
    record: {
      name,
      schema,
      tables: [...used].map(([{ columns, indexes }, full]) => ({ name: full, columns, indexes })),
    },
    types: [...handlers.keys()],
    parks: onError === "park",
    code: digest([onError, ...[...handlers].flatMap(([type, handler]) => [type, handler.toString()])].join("\0")),
    tables: used,
    statementsFor(event, set) {
      try {
        const made =
          refuseThenable(handlers.get(event.type)?.(event), "the handler") ??
          raise("the handler returned no statements");
        const compile = compilers[set];
        return Array.isArray(made) ? made.map(compile) : [compile(made as SqlStatement)];
      } catch (cause) {
        throw modelFailed(name, event, cause);
      }
    },
  };
}

/** A short stand-in for a text: FNV-1a, 32 bits (https://www.rfc-editor.org/rfc/rfc9923). */
function digest(text: string): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return (hash >>> 0).toString(16);
}

/** The error for an event that a read model cannot take. */
export function modelFailed(name: string, { type, position, id }: StoredEvent, cause: unknown): EventStoreError {
  const message = `the read model "${name}" failed at the event "${type}" at position ${position}: ${describe(cause)}`;
  return new EventStoreError("projection-failed", message, { name, position, eventId: id }, cause);
}

function raise(message: string): never {
  throw new TypeError(message);
}
