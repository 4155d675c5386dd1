import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  EventStoreError,
  isLarge,
  mayBeEndless,
  storeClosed,
  type EventStorage,
  type ModelStorage,
  type SqliteDriver,
  type SqlValue,
} from "../../src/adapter.ts";
import type { Engine } from "./engine.ts";
import { startProcess, type StorageProcess } from "./process-storage.ts";
import type { StorageOptions } from "./storage.ts";

/** What is known of statements by their texts, and by which values are large; more than this are looked at each time. */
const KNOWN = 200;

type Run = readonly [text: number, values: readonly SqlValue[]];

/**
 * The storage of a file, but statements of read models that may be endless are run by a process of its own, which is started for
 * the first of them: these bindings cannot interrupt SQLite, and a process can be killed. An open transaction is then as if it
 * had never been (https://sqlite.org/wal.html).
 */
export function withLongWorkElsewhere(
  storage: EventStorage & { readonly models: ModelStorage },
  driver: SqliteDriver,
  engine: Engine,
  options: StorageOptions & { readonly path: string },
): EventStorage {
  const { models } = storage;
  const file = processFileOf(engine);
  const known = new Map<string, boolean>();
  let starting: Promise<StorageProcess> | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  let closed = false;

  function isLong(text: string, values: readonly SqlValue[]): boolean {
    const key = values.some(isLarge) ? `${values.map((value) => (isLarge(value) ? 1 : 0)).join("")} ${text}` : text;
    const found = known.get(key);
    if (found !== undefined) return found;
    try {
      const long = mayBeEndless(driver, text, values);
      if (known.size < KNOWN) known.set(key, long);
      return long;
    } catch {
      // What is wrong with it is told by who runs it.
      return false;
    }
  }

  function hasLong(texts: readonly string[], runs: readonly Run[]): boolean {
    return runs.some(([index, values]) => isLong(texts[index] ?? "", values));
  }

  /**
   * Not in a bundle as CommonJS, which does not know its place, nor where another database would be made in the place of one removed.
   * Throws where a bundler has left the process's file out: without it nothing would end the statement, and nobody would know.
   */
  function canLeave(): boolean {
    if (file === "" || !existsSync(options.path)) return false;
    if (existsSync(file)) return true;
    const from = `node_modules/rivulet/dist/adapters/${engine.name}/process.js`;
    const message = `${file} is missing, which ends statements that take too long: copy it from ${from} beside what was built`;
    throw new EventStoreError("storage-unavailable", message, { reason: "query-process" });
  }

  /** One after the other, so that each has its whole time. */
  function inTurn<T>(timeout: number | undefined, work: (models: ModelStorage) => Promise<T>): Promise<T> {
    const result = turn.then(() => inProcess(timeout, work));
    turn = result.catch(() => undefined);
    return result;
  }

  async function inProcess<T>(timeout: number | undefined, work: (models: ModelStorage) => Promise<T>): Promise<T> {
    if (closed) throw storeClosed();
    const started = (starting ??= startProcess(file, { ...options, longWork: "here" }));
    try {
      const process = await started;
      if (closed) throw storeClosed();
      return await process.run(timeout, work);
    } catch (error) {
      // One that is gone is not asked again; the next work starts another.
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
      queryModels: async (query) =>
        isLong(query.text, query.values) && canLeave()
          ? inTurn(query.timeout, (there) => there.queryModels(query))
          : models.queryModels(query),
      applyToModel: async (batch) =>
        hasLong(batch.texts, batch.runs) && canLeave()
          ? inTurn(batch.timeout, (there) => there.applyToModel(batch))
          : models.applyToModel(batch),
      retryParked: async (retry) =>
        hasLong(retry.texts, retry.runs) && canLeave()
          ? inTurn(retry.timeout, (there) => there.retryParked(retry))
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

/** Empty in a bundle as CommonJS, where a module does not know its place. */
function processFileOf(engine: Engine): string {
  try {
    return fileURLToPath(engine.processFile());
  } catch {
    return "";
  }
}
