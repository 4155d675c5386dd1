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
  /** A store was opened, or its events or tables have changed. */
  changed(stores: readonly TrackedStore[]): void;
  /** Another example runs, or the run was stopped: nothing is told any more. */
  ended(): void;
}

const MOST_EVENTS = 200;
const MOST_ROWS = 50;
/** For how many milliseconds the next run waits until the stores of the last one are closed. */
const MOST_WAIT = 3000;

let current: Run | undefined;
let stores: TrackedStore[] = [];
let endings: (() => void)[] = [];
let closing: Promise<unknown> = Promise.resolve();

/** The tables of each definition, which a definition itself does not show. */
const tablesOf = new WeakMap<ReadModelDefinition, readonly SqlTable[]>();

/** The run whose examples are told to. Those of an earlier one are closed first. */
export async function beginRun(run: Run): Promise<void> {
  const ending = endRun();
  // At once: one that begins meanwhile ends this one.
  current = run;
  await ending;
}

/** Shows the tables as they are at the end of a program that leaves its stores open. */
export async function refreshRun(): Promise<void> {
  await Promise.all(stores.map((store) => store.refresh()));
}

/** Removes what the last run still shows, and closes what it has left open. */
export async function endRun(): Promise<void> {
  const left = stores;
  const ends = endings;
  const ended = current;
  current = undefined;
  stores = [];
  endings = [];
  ended?.ended();
  for (const end of ends) end();
  const closed = Promise.allSettled([closing, ...left.map((store) => store.close())]);
  // A store waits for what it does, such as a handler of an example that never ends.
  closing = Promise.race([closed, new Promise((resolve) => setTimeout(resolve, MOST_WAIT))]);
  await closing;
}

/** Calls a function when the run ends. */
export function atEnd(end: () => void): void {
  endings.push(end);
}

export function rememberTables(definition: ReadModelDefinition, tables: readonly SqlTable[]): void {
  tablesOf.set(definition, tables);
}

/** The run that goes on; undefined if there is none. */
export function currentRun(): Run | undefined {
  return current;
}

/** Follows a store: its events as they are appended, and the tables of its read models. Closes it if its run has ended. */
export function trackStore(
  store: EventStore,
  run: Run | undefined,
  { name, adapter }: Pick<TrackedStore, "name" | "adapter">,
): void {
  if (run === undefined || run !== current) return void store.close();
  const events: StoredEvent[] = [];
  const models: { readonly model: ReadModel; readonly tables: readonly SqlTable[] }[] = [];
  let tables: readonly ShownTable[] = [];
  let reading: Promise<void> = Promise.resolve();
  let waiting: Promise<void> | undefined;
  const { close, readModel } = store;

  const tell = (): void => {
    if (run === current) run.changed(stores);
  };
  // A reading that has not begun yet is also that of every event until then.
  const readTables = (): Promise<void> => {
    waiting ??= reading = reading.then(async () => {
      waiting = undefined;
      tables = (await Promise.all(models.map(rowsOf))).flat();
      tell();
    });
    return waiting;
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
    // Without what an example's own closing reads first: nobody is told of it.
    close,
    async remove() {
      await close();
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
