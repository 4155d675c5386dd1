import { EventStoreError } from "../../errors.ts";
import { stringify } from "../../events/json.ts";
import {
  CLIENTS,
  clientsOf,
  keyOf,
  ownerOf,
  prefixOf,
  type ModelKey,
  type TableSet,
} from "../../storage/read-model-names.ts";
import type { ModelRecord, ModelState, ModelTable } from "../../storage/protocol.ts";
import type { PostgresAsk, PostgresDriver, PostgresQuery, PostgresRow } from "../driver.ts";
import { NOW } from "../leases.ts";
import { literal, quoted, toNumber } from "../values.ts";
import { createTable } from "./table.ts";

/** A row of the table `models`, and the store's head. */
export interface KnownModel {
  readonly state: ModelState;
  /** The descriptions of its tables as JSON. */
  readonly tables: string;
  /** A digest of the code that has begun a rebuild. */
  readonly code: string | null;
  readonly head: number;
}

/**
 * The tables of read models: each schema has a set in use and, during a rebuild, a fresh set. Every function runs its statements with
 * the given `query`, most of them in the open transaction.
 */
export interface ModelSets {
  /** Resolves with a model's row, after `locking` it, as FOR UPDATE, for the transaction. */
  find(query: PostgresQuery, model: ModelKey, locking?: "FOR UPDATE" | "FOR SHARE"): Promise<KnownModel | undefined>;
  /** As `find`. Rejects with `client-outdated` if the tables were removed. */
  known(query: PostgresQuery, model: ModelKey, locking?: "FOR UPDATE"): Promise<KnownModel>;
  /** Creates a model's row and tables, unless another client has. */
  create(query: PostgresQuery, ask: PostgresAsk, record: ModelRecord): Promise<void>;
  /** Creates an empty set beside the one in use. */
  createFresh(query: PostgresQuery, ask: PostgresAsk, record: ModelRecord, code: string): Promise<void>;
  /** Replaces the set in use by the fresh set, under the same names. */
  takeOver(query: PostgresQuery, model: ModelKey, known: KnownModel): Promise<void>;
  /** Whether a client of a newer schema is alive, by the server's clock. */
  hasNewer(query: PostgresQuery, model: ModelKey): Promise<boolean>;
  /** The older schemas without living clients. */
  left(query: PostgresQuery, model: ModelKey, locking?: "FOR UPDATE"): Promise<readonly ModelKey[]>;
  drop(query: PostgresQuery, model: ModelKey): Promise<void>;
  generations(query: PostgresQuery): Promise<ReadonlyMap<string, number>>;
  /** Returns the statement that reads the checkpoints of several models. */
  selectCheckpoints(models: readonly ModelKey[]): string;
  /** Reads its rows. Throws `client-outdated` if the tables of one were removed. */
  toCheckpoints(models: readonly ModelKey[], rows: readonly PostgresRow[]): readonly number[];
  /** Resolves with the names of the tables in use; empty if they were removed. */
  namesOf(query: PostgresQuery, model: ModelKey): Promise<readonly string[]>;
}

/** `s`: the schema's quoted name. */
export function createModelSets(driver: Pick<PostgresDriver, "codeOf">, s: string): ModelSets {
  const where = "WHERE name = $1 AND schema = $2";
  const select = `SELECT checkpoint, built, generation, rebuild, tables, rebuild_code, (SELECT max(position) FROM ${s}.events) FROM ${s}.models ${where}`;
  const living = `EXISTS (SELECT FROM ${s}.leases l WHERE starts_with(l.name, '${CLIENTS}' || m.name || '.' || m.schema || '/') AND l.expires > ${NOW})`;

  async function find(query: PostgresQuery, { name, schema }: ModelKey, locking = ""): Promise<KnownModel | undefined> {
    const [row] = await query(`${select} ${locking}`, [name, schema]);
    if (row === undefined) return undefined;
    const [, , , , tables, code, head] = row;
    return { state: toState(row), tables: tables as string, code: code ?? null, head: toNumber(head) };
  }

  async function known(query: PostgresQuery, model: ModelKey, locking = ""): Promise<KnownModel> {
    const found = await find(query, model, locking);
    if (found === undefined) throw removed(model);
    return found;
  }

  async function createSet(
    query: PostgresQuery,
    ask: PostgresAsk,
    { name, schema, tables }: ModelRecord,
    set: TableSet,
  ): Promise<void> {
    for (const table of tables) {
      await createTable(driver, query, ask, s, table, nameIn({ name, schema }, set, table.name));
    }
  }

  /** Removes the tables of a set. `tables`: their descriptions as JSON. */
  async function dropSet(query: PostgresQuery, model: ModelKey, set: TableSet, tables: string): Promise<void> {
    const names = tablesOf(model, tables).map(({ name }) => `${s}.${quoted(nameIn(model, set, name))}`);
    if (names.length > 0) await query(`DROP TABLE IF EXISTS ${names.join(", ")}`);
    await query(`DELETE FROM ${s}.parked WHERE owner = $1`, [ownerOf(model, set)]);
  }

  return {
    find,
    known,
    async create(query, ask, record) {
      const { name, schema, tables } = record;
      const created = await query(
        `INSERT INTO ${s}.models (name, schema, tables, checkpoint) VALUES ($1, $2, $3, 0) ON CONFLICT DO NOTHING RETURNING 1`,
        [name, schema, stringify(tables)],
      );
      if (created.length > 0) await createSet(query, ask, record, "used");
    },
    async createFresh(query, ask, record, code) {
      const { name, schema } = record;
      await dropSet(query, record, "fresh", stringify(record.tables));
      await createSet(query, ask, record, "fresh");
      await query(`UPDATE ${s}.models SET rebuild = 0, rebuild_code = $3 ${where}`, [name, schema, code]);
    },
    async takeOver(query, model, { tables }) {
      await dropSet(query, model, "used", tables);
      for (const { name } of tablesOf(model, tables)) {
        await query(`ALTER TABLE ${s}.${quoted(nameIn(model, "fresh", name))} RENAME TO ${quoted(name)}`);
      }
      await query(`UPDATE ${s}.parked SET owner = $2 WHERE owner = $1`, [
        ownerOf(model, "fresh"),
        ownerOf(model, "used"),
      ]);
    },
    async hasNewer(query, { name, schema }) {
      const newer = `SELECT 1 FROM ${s}.models m WHERE m.name = $1 AND m.schema > $2 AND ${living}`;
      return (await query(newer, [name, schema])).length > 0;
    },
    async left(query, { name, schema }, locking) {
      // First locked and then asked for clients: a client announces itself before it reads the row.
      if (locking) await query(`SELECT 1 FROM ${s}.models WHERE name = $1 AND schema < $2 ${locking}`, [name, schema]);
      const older = `SELECT m.schema FROM ${s}.models m WHERE m.name = $1 AND m.schema < $2 AND NOT ${living}`;
      return (await query(older, [name, schema])).map(([found]) => ({ name, schema: toNumber(found) }));
    },
    async drop(query, model) {
      const { tables } = await known(query, model);
      await dropSet(query, model, "fresh", tables);
      await dropSet(query, model, "used", tables);
      await query(`DELETE FROM ${s}.leases WHERE starts_with(name, $1)`, [clientsOf(model)]);
      await query(`DELETE FROM ${s}.models ${where}`, [model.name, model.schema]);
    },
    async generations(query) {
      const rows = await query(`SELECT name || '.' || schema, generation FROM ${s}.models`);
      return new Map(rows.map(([key, generation]) => [key as string, toNumber(generation)]));
    },
    selectCheckpoints(models) {
      const keys = models.map((model) => literal(keyOf(model))).join(", ");
      return `SELECT name || '.' || schema, checkpoint FROM ${s}.models WHERE name || '.' || schema IN (${keys})`;
    },
    toCheckpoints(models, rows) {
      const found = new Map(rows.map(([key, checkpoint]) => [key, toNumber(checkpoint)]));
      return models.map((model) => {
        const checkpoint = found.get(keyOf(model));
        if (checkpoint === undefined) throw removed(model);
        return checkpoint;
      });
    },
    async namesOf(query, model) {
      const found = await find(query, model);
      return found === undefined ? [] : tablesOf(model, found.tables).map(({ name }) => name);
    },
  };
}

/** Reads the first columns of a row of `models`. */
export function toState([checkpoint, built, generation, rebuild]: readonly (string | null)[]): ModelState {
  return {
    checkpoint: toNumber(checkpoint),
    built: built === "t",
    generation: toNumber(generation),
    rebuild: rebuild == null ? null : toNumber(rebuild),
  };
}

function tablesOf({ name, schema }: ModelKey, tables: string): readonly ModelTable[] {
  try {
    return JSON.parse(tables) as ModelTable[];
  } catch (error) {
    const message = `the description of the tables of the read model "${name}", schema ${schema}, is not JSON: restore the database from a copy`;
    throw new EventStoreError("storage-corrupt", message, {}, error);
  }
}

/** Returns the name in another set of a table that is named as in the set in use. */
function nameIn(model: ModelKey, set: TableSet, name: string): string {
  return prefixOf(model, set) + name.slice(prefixOf(model, "used").length);
}

function removed({ name, schema }: ModelKey): EventStoreError {
  return outdated(`the tables of the read model "${name}", schema ${schema}, were removed`);
}

export function outdated(message: string): EventStoreError {
  return new EventStoreError(
    "client-outdated",
    `${message}: newer code has taken over: reload the page or restart`,
    {},
  );
}
