import {
  openEventStore,
  type EventStore,
  type ReadModel,
  type ReadModelDefinition,
  type SqlTable,
  type StoredEvent,
} from "rivulet";
import { sql } from "rivulet/read-models";
import { sqliteWasm } from "rivulet/sqlite-wasm";
import { databaseOf } from "./names.ts";

/** A table of a read model, with its first rows. */
export interface ShownTable {
  readonly name: string;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

/** A store that an example has opened. */
export interface TrackedStore {
  /** The name of its database; undefined if it is in memory. */
  readonly name: string | undefined;
  /** The name of its adapter. */
  readonly adapter: string;
  readonly events: readonly StoredEvent[];
  readonly tables: readonly ShownTable[];
  /** Reads its tables anew. */
  refresh(): Promise<void>;
  close(): Promise<void>;
  /** Closes it, and removes its database. */
  remove(): Promise<void>;
}

/** What is told while an example runs. */
export interface Run {
  printed(line: string): void;
  /** A store was opened, or its events or tables have changed. */
  changed(stores: readonly TrackedStore[]): void;
  /** Another example runs, or the run was stopped: nothing is told any more. */
  ended(): void;
}

const MOST_EVENTS = 200;
const MOST_ROWS = 50;

let current: Run | undefined;
let stores: TrackedStore[] = [];
let endings: (() => void)[] = [];

/** The tables of each definition, which a definition itself does not show. */
const tablesOf = new WeakMap<ReadModelDefinition, readonly SqlTable[]>();

/** The run whose examples are told to. Those of an earlier one are closed first. */
export async function beginRun(run: Run): Promise<void> {
  await endRun();
  current = run;
}

/** Shows the tables as they are at the end of a program that leaves its stores open. */
export async function refreshRun(): Promise<void> {
  await Promise.all(stores.map((store) => store.refresh()));
}

/** Removes what the last run still shows, and closes what it has left open. */
export async function endRun(): Promise<void> {
  const left = stores;
  for (const end of endings) end();
  current?.ended();
  current = undefined;
  stores = [];
  endings = [];
  await Promise.all(left.map((store) => store.close()));
}

/** Calls a function when the run ends. */
export function atEnd(end: () => void): void {
  endings.push(end);
}

export function rememberTables(definition: ReadModelDefinition, tables: readonly SqlTable[]): void {
  tablesOf.set(definition, tables);
}

export function print(line: string): void {
  current?.printed(line);
}

/** Follows a store: its events as they are appended, and the tables of its read models. */
export function trackStore(store: EventStore, { name, adapter }: Pick<TrackedStore, "name" | "adapter">): void {
  const run = current;
  // It was opened by an example that has ended meanwhile.
  if (run === undefined) return void store.close();
  const events: StoredEvent[] = [];
  const models: { readonly model: ReadModel; readonly tables: readonly SqlTable[] }[] = [];
  let tables: readonly ShownTable[] = [];
  let reading: Promise<void> = Promise.resolve();
  const { close, readModel } = store;

  const tell = (): void => {
    if (run === current) run.changed(stores);
  };
  const readTables = (): Promise<void> => {
    reading = reading.then(async () => {
      tables = (await Promise.all(models.map(rowsOf))).flat();
      tell();
    });
    return reading;
  };
  const finish = async (): Promise<void> => {
    const last = events.at(-1)?.position ?? 0;
    try {
      for await (const event of store.read({ after: last, limit: MOST_EVENTS })) keep(event);
      await readTables();
    } catch {
      // A store that was closed or replaced meanwhile shows what it has shown.
    }
    await close();
  };
  const keep = (event: StoredEvent): void => {
    if ((events.at(-1)?.position ?? 0) < event.position && events.length < MOST_EVENTS) events.push(event);
  };
  let finished: Promise<void> | undefined;
  const closeOnce = (): Promise<void> => (finished ??= finish());

  Object.assign(store, {
    close: closeOnce,
    async readModel(definition: ReadModelDefinition, options?: object) {
      const model = await readModel(definition, options);
      models.push({ model, tables: tablesOf.get(definition) ?? [] });
      return model;
    },
    ...(Symbol.asyncDispose === undefined ? {} : { [Symbol.asyncDispose]: closeOnce }),
  });
  stores.push({
    name,
    adapter,
    events,
    get tables() {
      return tables;
    },
    refresh: readTables,
    close: closeOnce,
    async remove() {
      await closeOnce();
      if (name === undefined) return;
      // The example may have closed it.
      const again = await openEventStore(sqliteWasm({ name: databaseOf(name) }));
      await again.destroy();
    },
  });
  tell();
  void follow();

  async function follow(): Promise<void> {
    try {
      for await (const event of store.watch()) {
        keep(event);
        tell();
        if (models.length > 0) void readTables();
      }
    } catch {
      // It ends when the store is closed.
    }
  }
}

async function rowsOf({
  model,
  tables,
}: {
  readonly model: ReadModel;
  readonly tables: readonly SqlTable[];
}): Promise<readonly ShownTable[]> {
  const shown: ShownTable[] = [];
  for (const table of tables) {
    try {
      await model.caughtUp();
      const rows = await model.query<Record<string, unknown>>(sql`SELECT * FROM ${table} LIMIT ${MOST_ROWS}`);
      shown.push({ name: table.table, rows });
    } catch {
      // A model that has stopped has told so to the example.
    }
  }
  return shown;
}
