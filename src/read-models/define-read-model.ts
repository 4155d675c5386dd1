import { EventStoreError, describe, invalidArgument } from "../errors.ts";
import type { Event, StoredEvent } from "../event.ts";
import { checkInteger, checkOptions } from "../validate.ts";
import { openReadModel } from "./open-read-model.ts";
import { ofDialect } from "./dialects.ts";
import type { ReadModelDefinition, SqlTable, SqlText } from "./read-model.ts";
import { prefixOf, type TableSet } from "../storage/read-model-names.ts";
import { createCompiler, raiseForeign, type BoundStatement, isTable } from "./sql.ts";
import { checkIdentifier } from "./sql-fragments.ts";
import { fieldsUsedBy } from "./handler-fields.ts";
import type { EventField, ModelRecord, ModelTable, SqlDialect } from "../storage/protocol.ts";
import { refuseThenable } from "../async/thenable.ts";
import { toHandlers } from "../events/handlers.ts";

/** One function for each event type, which returns the statements to execute for an event. Types without one are ignored. */
export type ReadModelHandlers<E extends Event> = {
  readonly [Each in E as Each["type"]]?: ((event: StoredEvent<Each>) => SqlText | readonly SqlText[]) | undefined;
};

/** The tables of a read model, and how events fill them. */
export interface ReadModelParts<E extends Event> {
  /** The model's name: 1–63 letters, digits and underscores. */
  readonly name: string;
  /**
   * The version of the tables and handlers, from 1; default 1. Raise it when either changes: a new schema gets tables of its own,
   * which are filled from the whole history beside the old ones.
   */
  readonly schema?: number | undefined;
  /** The model's tables, at least one. */
  readonly tables: readonly SqlTable[];
  /** Handlers by event type. They must be pure: they depend on the event only. */
  readonly on: ReadModelHandlers<E>;
  /**
   * What to do with an event whose handler or statement fails: "stop", the default, ends the model before the event with
   * `projection-failed`; "park" sets the event aside, for `parked()` and `retryParked()`.
   */
  readonly onError?: "stop" | "park" | undefined;
}

/** A checked definition, and the statements that it makes of events. */
export interface CompiledModel {
  readonly record: ModelRecord;
  readonly types: readonly string[];
  /** The fields that the handlers look at beside position, type and data; undefined: they may look at all. */
  readonly fields: readonly EventField[] | undefined;
  /** Whether an event that fails is parked. */
  readonly parks: boolean;
  /** A hash of `onError` and the handlers' source text. */
  readonly code: string;
  /** The tables in use, and their names in the file. */
  readonly tables: ReadonlyMap<SqlTable, string>;
  /** How long the statements of one transaction may run, in milliseconds. */
  readonly timeout?: number | undefined;
  /** Returns the statements for an event. @throws `projection-failed`. */
  statementsFor(event: StoredEvent, set: TableSet): readonly BoundStatement[];
}

/**
 * Defines SQL tables and how events fill them, for `store.readModel`.
 *
 * @throws `invalid-argument` for an invalid name, schema, table or handler.
 * @example
 * ```ts
 * const deposits = table("deposits", { position: "INTEGER PRIMARY KEY", amount: "REAL NOT NULL" });
 * const ledger = defineReadModel<AccountEvent>({
 *   name: "ledger",
 *   tables: [deposits],
 *   on: { deposited: ({ position, data: { amount } }) => sql`INSERT INTO ${deposits} VALUES (${position}, ${amount})` },
 * });
 * ```
 */
export function defineReadModel(parts: ReadModelParts<Event>): ReadModelDefinition;
export function defineReadModel<E extends Event>(parts: ReadModelParts<E>): ReadModelDefinition;
export function defineReadModel<E extends Event>(parts: ReadModelParts<E>): ReadModelDefinition {
  const { name, schema, compileFor } = checkModel(parts);
  return {
    name,
    schema,
    _rivulet: {
      open: (context, options) => openReadModel(context, () => compileFor(context.storage.dialect), options),
    },
  };
}

/** Checks a definition. Its texts are compiled when it is opened, because they depend on the storage's dialect of SQL. */
function checkModel<E extends Event>(
  parts: ReadModelParts<E>,
): { name: string; schema: number; compileFor: (dialect: SqlDialect | undefined) => CompiledModel } {
  checkOptions(parts, ["name", "schema", "tables", "on", "onError"], "parts");
  const { name, schema = 1, tables, on, onError = "stop" } = parts;
  checkIdentifier(name, "name");
  checkInteger(schema, "schema", 1);
  if (!Array.isArray(tables) || tables.length === 0 || !Array.from(tables).every(isTable))
    throw invalidArgument("tables", "tables must list at least one table, each made by table()");
  if (onError !== "stop" && onError !== "park") throw invalidArgument("onError", 'onError must be "stop" or "park"');
  const handlers = toHandlers<(event: StoredEvent) => unknown>(on, "on");
  const used = namesIn("used");
  // Names in SQLite are case-insensitive.
  if (new Set([...used.values()].map((one) => one.toLowerCase())).size < tables.length)
    throw invalidArgument("tables", "two of the tables have one name");

  function namesIn(set: TableSet): Map<SqlTable, string> {
    return new Map(tables.map((one: SqlTable) => [one, prefixOf({ name, schema }, set) + one.table]));
  }

  function nameFrom(names: ReadonlyMap<SqlTable, string>): (one: SqlTable) => string {
    return (one) => names.get(one) ?? raiseForeign(one, `the read model "${name}"`);
  }

  function compileFor(dialect: SqlDialect | undefined): CompiledModel {
    const compilers = {
      used: createCompiler(nameFrom(used), dialect),
      fresh: createCompiler(nameFrom(namesIn("fresh")), dialect),
    };
    return {
      record: { name, schema, tables: [...used].map(([one, full]) => tableFor(dialect, one, full)) },
      types: [...handlers.keys()],
      fields: fieldsUsedBy([...handlers.values()]),
      parks: onError === "park",
      code: digest([onError, ...[...handlers].flatMap(([type, handler]) => [type, handler.toString()])].join("\0")),
      tables: used,
      statementsFor(event, set) {
        try {
          const made =
            refuseThenable(handlers.get(event.type)?.(event), "the handler") ??
            raise("the handler returned no statements");
          const compile = compilers[set];
          return Array.isArray(made) ? made.map(compile) : [compile(made as SqlText)];
        } catch (cause) {
          throw modelFailed(name, event, cause);
        }
      },
    };
  }

  return { name, schema, compileFor };
}

/** Describes a table for the storage. `full`: its name there. */
function tableFor(dialect: SqlDialect | undefined, { table, columns, indexes }: SqlTable, full: string): ModelTable {
  const what = `the table "${table}"`;
  const own = ofDialect(columns, dialect, what);
  return {
    name: full,
    columns: dialect && own === columns ? dialect.translateColumns(table, own) : own,
    indexes: ofDialect(indexes, dialect, `the index of ${what}`),
  };
}

/** Hashes a text: FNV-1a, 32 bits (https://www.rfc-editor.org/rfc/rfc9923). */
function digest(text: string): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return (hash >>> 0).toString(16);
}

/** Returns the error for an event that a read model could not handle. */
export function modelFailed(name: string, { type, position, id }: StoredEvent, cause: unknown): EventStoreError {
  const message = `the read model "${name}" failed at the event "${type}" at position ${position}: ${describe(cause)}`;
  return new EventStoreError("projection-failed", message, { name, position, eventId: id }, cause);
}

function raise(message: string): never {
  throw new TypeError(message);
}
