import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  EventStoreError,
  isLarge,
  mayBeEndless,
  storeClosed,
  type EventStorage,
  type ModelQuery,
  type ModelRows,
  type ModelStorage,
  type SqliteDriver,
  type SqlValue,
} from "../../src/adapter.ts";
import type { Engine } from "./engine.ts";
import { fileAt } from "./file-at.ts";
import { startProcess, type StorageProcess } from "./process-storage.ts";
import type { StorageOptions } from "./storage.ts";

/** The number of statements' texts whose classification is remembered. */
const KNOWN = 200;

type OnGivenUp = Parameters<ModelStorage["queryModels"]>[1];

type Run = readonly [text: number, values: readonly SqlValue[]];

/**
 * Wraps the storage of a file: statements of read models that may be endless run in a separate process, which is
 * started for the first of them. The Node bindings cannot interrupt SQLite, but a process can be killed. SQLite then
 * rolls back its open transaction (https://sqlite.org/wal.html).
 */
export function withLongWorkElsewhere(
  storage: EventStorage & { readonly models: ModelStorage },
  driver: SqliteDriver,
  engine: Engine,
  options: StorageOptions & { readonly path: string },
): EventStorage {
  const { models } = storage;
  const file = processFileOf(engine);
  const database = fileAt(options.path);
  /** By text, and then by which values are large. */
  const known = new Map<string, Map<string, boolean>>();
  let starting: Promise<StorageProcess> | undefined;
  let queue: Promise<unknown> = Promise.resolve();
  let closed = false;

  function isLong(text: string, values: readonly SqlValue[]): boolean {
    const large = values.some(isLarge) ? values.map((value) => (isLarge(value) ? 1 : 0)).join("") : "";
    const verdicts = known.get(text) ?? new Map<string, boolean>();
    const found = verdicts.get(large);
    if (found !== undefined) return found;
    try {
      const long = mayBeEndless(driver, text, values);
      if (verdicts.size < KNOWN) verdicts.set(large, long);
      if (known.size < KNOWN) known.set(text, verdicts);
      return long;
    } catch {
      // An error in the statement is reported by whoever runs it.
      return false;
    }
  }

  function hasLong(texts: readonly string[], runs: readonly Run[]): boolean {
    /** The texts that are known not to be long with small values. */
    const short: boolean[] = [];
    for (const [index, values] of runs) {
      if (short[index] === true && !values.some(isLarge)) continue;
      if (isLong(texts[index] ?? "", values)) return true;
      short[index] ||= !values.some(isLarge);
    }
    return false;
  }

  function isLongQuery({ text, values, overlays = [] }: ModelQuery): boolean {
    return isLong(text, values) || overlays.some(({ texts, runs }) => hasLong(texts, runs));
  }

  /**
   * Whether the separate process can be used. It cannot in a CommonJS bundle, which does not know its location, nor if
   * the database file was removed, because the process would create a new one, or replaced, because it would copy this
   * file's log into the other one.
   *
   * @throws if a bundler has left out the process's file: a statement could then run for ever without a warning.
   */
  function canLeave(): boolean {
    if (file === "" || database === undefined || fileAt(options.path) !== database) return false;
    if (existsSync(file)) return true;
    const from = `node_modules/rivulet/dist/adapters/${engine.name}/process.js`;
    const message = `${file} is missing, which interrupts statements that take too long: copy it from ${from} beside your bundle`;
    throw new EventStoreError("storage-unavailable", message, { reason: "query-process" });
  }

  /** Runs the work one after the other, so that each has its full time. */
  function oneAtATime<T>(timeout: number | undefined, work: (models: ModelStorage) => Promise<T>): Promise<T> {
    const result = queue.then(() => inProcess(timeout, work));
    queue = result.catch(() => undefined);
    return result;
  }

  /** A query that nobody waits for any more is killed: with overlays, it holds the write lock. */
  async function askElsewhere(query: ModelQuery, onGivenUp: OnGivenUp | undefined): Promise<ModelRows> {
    let running = false;
    let givenUp = false;
    const ignore = onGivenUp?.(() => {
      givenUp = true;
      if (running) void starting?.then(({ kill }) => kill());
    });
    try {
      return await oneAtATime(query.timeout, async (there) => {
        if (givenUp) throw new Error("nobody waits for this query any more");
        running = true;
        return there.queryModels(query);
      });
    } finally {
      running = false;
      ignore?.();
    }
  }

  async function inProcess<T>(timeout: number | undefined, work: (models: ModelStorage) => Promise<T>): Promise<T> {
    if (closed) throw storeClosed();
    const started = (starting ??= startProcess(file, { ...options, longWork: "here" }));
    try {
      const process = await started;
      if (closed) throw storeClosed();
      return await process.run(timeout, work);
    } catch (error) {
      // A process that is gone is not used again; the next work starts another one.
      const gone = await started.then(
        ({ ended }) => ended,
        () => true,
      );
      if (gone && starting === started) starting = undefined;
      throw closed ? storeClosed() : error;
    }
  }

  return {
    ...storage,
    models: {
      ...models,
      queryModels: async (query, onGivenUp) =>
        isLongQuery(query) && canLeave() ? askElsewhere(query, onGivenUp) : models.queryModels(query),
      applyToModel: async (batch) =>
        hasLong(batch.texts, batch.runs) && canLeave()
          ? oneAtATime(batch.timeout, (there) => there.applyToModel(batch))
          : models.applyToModel(batch),
      retryParked: async (retry) =>
        hasLong(retry.texts, retry.runs) && canLeave()
          ? oneAtATime(retry.timeout, (there) => there.retryParked(retry))
          : models.retryParked(retry),
    },
    async close() {
      closed = true;
      await starting?.then(
        ({ kill }) => kill(),
        () => undefined,
      );
      await storage.close();
    },
  };
}

/** Returns an empty string in a CommonJS bundle, where a module does not know its location. */
function processFileOf(engine: Engine): string {
  try {
    return fileURLToPath(engine.processFile());
  } catch {
    return "";
  }
}
