import { stringify } from "../../events/json.ts";
import { EventStoreError } from "../../errors.ts";
import { keyOf, ownerOf, prefixOf, type ModelKey, type TableSet } from "../../storage/read-model-names.ts";
import type { ModelRecord, ModelState, ModelTable } from "../../storage/protocol.ts";
import type { SqliteDriver } from "../driver.ts";
import { createLivingClients } from "./living-clients.ts";
import { createTable } from "./table.ts";
import type { ParkedTable } from "./parked.ts";

/** A row of the table `models`. */
interface KnownModel extends ModelState {
  /** The descriptions of its tables as JSON. */
  readonly tables: string;
  /** A digest of the code that has begun a rebuild. */
  readonly code: string | null;
}

/**
 * The tables of read models: each schema has a set in use and, during a rebuild, a fresh set. Synchronous; the caller opens the
 * transaction.
 */
export interface ModelSets {
  find(model: ModelKey): KnownModel | undefined;
  /** Checks that the tables were not removed. @throws `client-outdated`. */
  state(model: ModelKey): ModelState;
  create(record: ModelRecord): void;
  /** Creates an empty set beside the one in use. */
  createFresh(record: ModelRecord, code: string): void;
  /** Replaces the set in use by the fresh set, under the same names, so that queries and other connections go on. */
  takeOver(model: ModelKey): void;
  /** Moves the checkpoint of a set. `completes`: the tables are at the head. */
  move(model: ModelKey, set: TableSet, to: number, completes: boolean): void;
  /** Raises the generation, because the tables have changed although their checkpoint has not. */
  touch(model: ModelKey): void;
  /** Whether a client of a newer schema is alive, judged by the wall clock. */
  hasNewer(model: ModelKey, now: number): boolean;
  /** The older schemas without living clients. */
  left(model: ModelKey): readonly ModelKey[];
  drop(model: ModelKey): void;
  generations(): Readonly<Record<string, number>>;
}

export function createModelSets(driver: SqliteDriver, parked: ParkedTable): ModelSets {
  const where = "WHERE name = ? AND schema = ?";
  const select = driver.prepare(
    `SELECT checkpoint, built, generation, rebuild, tables, rebuild_code FROM models ${where}`,
  );
  const insert = driver.prepare("INSERT INTO models (name, schema, tables, checkpoint) VALUES (?, ?, ?, 0)");
  const remove = driver.prepare(`DELETE FROM models ${where}`);
  const moveUsed = driver.prepare(
    `UPDATE models SET checkpoint = ?, built = max(built, ?), generation = generation + 1 ${where}`,
  );
  const moveFresh = driver.prepare(`UPDATE models SET rebuild = ? ${where}`);
  const begin = driver.prepare(`UPDATE models SET rebuild = 0, rebuild_code = ? ${where}`);
  const finish = driver.prepare(
    `UPDATE models SET checkpoint = rebuild, built = 1, generation = generation + 1, rebuild = NULL, rebuild_code = NULL ${where}`,
  );
  const touch = driver.prepare(`UPDATE models SET generation = generation + 1 ${where}`);
  const selectNewer = driver.prepare("SELECT schema FROM models WHERE name = ? AND schema > ?");
  const selectOlder = driver.prepare("SELECT schema FROM models WHERE name = ? AND schema < ?");
  const selectGenerations = driver.prepare("SELECT name, schema, generation FROM models");
  const clients = createLivingClients(driver);

  function find({ name, schema }: ModelKey): KnownModel | undefined {
    const row = select.get(name, schema) as [number, number, number, number | null, string, string | null] | undefined;
    if (row === undefined) return undefined;
    const [checkpoint, built, generation, rebuild, tables, code] = row;
    return { checkpoint, built: built === 1, generation, rebuild, tables, code };
  }

  function known(model: ModelKey): KnownModel {
    const found = find(model);
    if (found !== undefined) return found;
    throw outdated(`the tables of the read model "${model.name}", schema ${model.schema}, were removed`);
  }

  function tablesOf(model: ModelKey): readonly ModelTable[] {
    const { tables } = known(model);
    try {
      return JSON.parse(tables) as ModelTable[];
    } catch (error) {
      const message = `the description of the tables of the read model "${model.name}", schema ${model.schema}, is not JSON: restore the database from a copy`;
      throw new EventStoreError("storage-corrupt", message, {}, error);
    }
  }

  function createSet(model: ModelKey, tables: readonly ModelTable[], set: TableSet, number: number): void {
    for (const { name, columns, indexes } of tables) {
      createTable(driver, { name, columns, indexes }, nameIn(model, set, name), number);
    }
  }

  function dropSet(model: ModelKey, set: TableSet): void {
    for (const { name } of tablesOf(model)) driver.exec(`DROP TABLE IF EXISTS "${nameIn(model, set, name)}"`);
    parked.removeAll(ownerOf(model, set));
  }

  return {
    find,
    state(model) {
      const { checkpoint, built, generation, rebuild } = known(model);
      return { checkpoint, built, generation, rebuild };
    },
    create(record) {
      const { name, schema, tables } = record;
      createSet(record, tables, "used", 0);
      insert.run(name, schema, stringify(tables));
    },
    createFresh(record, code) {
      dropSet(record, "fresh");
      const { name, schema } = record;
      createSet(record, record.tables, "fresh", known(record).generation + 1);
      begin.run(code, name, schema);
    },
    takeOver(model) {
      const tables = tablesOf(model);
      dropSet(model, "used");
      for (const { name } of tables) driver.exec(`ALTER TABLE "${nameIn(model, "fresh", name)}" RENAME TO "${name}"`);
      parked.giveAll(ownerOf(model, "fresh"), ownerOf(model, "used"));
      finish.run(model.name, model.schema);
    },
    move({ name, schema }, set, to, completes) {
      if (set === "used") moveUsed.run(to, completes ? 1 : 0, name, schema);
      else moveFresh.run(to, name, schema);
    },
    touch({ name, schema }) {
      touch.run(name, schema);
    },
    hasNewer: ({ name, schema }, now) =>
      selectNewer.all(name, schema).some(([newer]) => clients.seem({ name, schema: newer as number }, now)),
    left: ({ name, schema }) =>
      selectOlder
        .all(name, schema)
        .map(([older]) => ({ name, schema: older as number }))
        .filter((older) => !clients.mayBe(older)),
    drop(model) {
      dropSet(model, "fresh");
      dropSet(model, "used");
      clients.forget(model);
      remove.run(model.name, model.schema);
    },
    generations: () =>
      Object.fromEntries(
        (selectGenerations.all() as [string, number, number][]).map(([name, schema, generation]) => [
          keyOf({ name, schema }),
          generation,
        ]),
      ),
  };
}

/** Returns the name in another set of a table that is named as in the set in use. */
function nameIn(model: ModelKey, set: TableSet, name: string): string {
  return prefixOf(model, set) + name.slice(prefixOf(model, "used").length);
}

export function outdated(message: string): EventStoreError {
  return new EventStoreError(
    "client-outdated",
    `${message}: newer code has taken over: reload the page or restart`,
    {},
  );
}
