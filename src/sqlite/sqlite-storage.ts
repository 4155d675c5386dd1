import { isEventStoreError, storeClosed } from "../errors.ts";
import { toFailure } from "../storage/failure.ts";
import { corrupt } from "../storage/event-page.ts";
import type {
  AppendOutcome,
  AppendRequest,
  EventStorage,
  ModelOutcome,
  ModelStorage,
  StorageInfo,
} from "../storage/protocol.ts";
import { answering } from "../storage/synchronous.ts";
import type { RootVerbs } from "../storage/verbs.ts";
import { createAppender } from "./appender.ts";
import { createConsumerTable } from "./consumers.ts";
import { createContents } from "./contents.ts";
import type { SqliteDriver } from "./driver.ts";
import { afterFailure, whenNotBusy } from "./faults.ts";
import { freshEvents } from "./fresh-events.ts";
import { distrust, inspectFormat, migrate, MIGRATIONS, refuseOlder } from "./migrations.ts";
import { checkIndexedMetadata } from "../storage/indexed-metadata.ts";
import { indexMetadata } from "./index-metadata.ts";
import { refuseImpossibleValues } from "./check-values.ts";
import { createLeaseTable } from "./leases.ts";
import { readLineage } from "./lineage.ts";
import { createModelTables } from "./read-models/models.ts";
import { createNews, refusingNewer, type NewsOptions } from "./news.ts";
import { createPageReader, type PagesAs } from "./pages.ts";
import { preparingLater } from "./prepare-later.ts";
import { createSnapshotTable } from "./snapshots.ts";
import { createStreamList } from "./stream-list.ts";
import { createSyncTables } from "./sync.ts";

const BUSY_TIMEOUT = 10_000;

const SELECT_SIZE = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()";

/** How to open a storage over SQLite. */
export interface SqliteStorageOptions extends NewsOptions {
  /** The fixed part of `info()`. */
  readonly info: Omit<StorageInfo, "formatVersion" | "lineage" | "usage" | "size" | "role">;
  /** Sets pragmas. Called once the file is known to be rivulet's or empty, so that no other application's file is changed. */
  readonly configure?: (() => void) | undefined;
  /** Runs a transaction without flushing it; default: every transaction is flushed if those of appends are. */
  readonly unflushed?: (<T>(work: () => T) => T) | undefined;
  /** How long to wait for the write lock of other processes, in milliseconds; default 10,000. */
  readonly busyTimeout?: number | undefined;
  /**
   * How SQLite gives a page: as one "text", the default; as "bytes", which can be transferred to another thread without a copy; or as
   * "rows", which are put together in JavaScript where the text is too large a value for the engine.
   */
  readonly pagesAs?: PagesAs | undefined;
  /**
   * Whether queries with overlays change temporary copies of the tables, so that nobody's writes wait for them. Default: they hold the
   * write lock for as long as they run, which costs no copies.
   */
  readonly overlaysOnCopies?: boolean | undefined;
  /** Keys of metadata by which reads are fast. Once a database has such a key, it keeps it. */
  readonly indexedMetadata?: readonly string[] | undefined;
  /** Whether a database of an older format is upgraded; default true. Otherwise opening it fails with `storage-format`. */
  readonly upgrades?: boolean | undefined;
  /** The migrations of the file format; default: {@link MIGRATIONS}. */
  readonly migrations?: readonly string[] | undefined;
}

/**
 * Implements the storage protocol over any SQLite driver. If it rejects, it has closed the driver.
 *
 * @throws `storage-format`, `storage-corrupt`, `storage-unavailable`, `storage-busy` or `storage-full`; `invalid-argument` for
 * `indexedMetadata`.
 * @example
 * ```ts
 * const info = { adapter: "mine", backend: "file", persisted: true, durability: "full" } as const;
 * const open = async (opened: SqliteDriver): Promise<EventStorage> => openSqliteStorage(opened, { info });
 * const adapter: Adapter = { name: "mine", open: async () => ({ storage: await open(driver), verbs: {} }) };
 * ```
 */
export async function openSqliteStorage(driver: SqliteDriver, options: SqliteStorageOptions): Promise<EventStorage> {
  const { busyTimeout = BUSY_TIMEOUT, migrations = MIGRATIONS } = options;
  try {
    const keys = [...new Set(checkIndexedMetadata(options.indexedMetadata))];
    return await whenNotBusy(driver, busyTimeout, () => {
      distrust(driver);
      const format = inspectFormat(driver, migrations);
      if (format === "current") refuseImpossibleValues(driver);
      if (format === "older" && options.upgrades === false) refuseOlder(driver, migrations);
      options.configure?.();
      if (format === "older") migrate(driver, migrations);
      indexMetadata(driver, keys);
      return createSqliteStorage(driver, { ...options, busyTimeout, migrations });
    });
  } catch (error) {
    driver.close();
    throw error;
  }
}

function createSqliteStorage(
  driver: SqliteDriver,
  options: SqliteStorageOptions & { readonly busyTimeout: number; readonly migrations: readonly string[] },
): EventStorage {
  const selectHead = driver.prepare("SELECT max(position) FROM events");
  const selectVersion = driver.prepare(
    "SELECT max(version) FROM events WHERE stream = (SELECT id FROM streams WHERE name = ?)",
  );
  const selectTimestamp = driver.prepare("SELECT timestamp FROM events WHERE position = ?");

  // Reads and appends run at once and often; the others may never be used.
  const later = preparingLater(driver);
  const readPage = createPageReader(driver, options.pagesAs);
  const sync = createSyncTables(later);
  const appender = createAppender(driver, readPage, refusingNewer(driver, options), sync.view);
  const leases = createLeaseTable(later);
  const consumers = createConsumerTable(later, leases.stands, readHead, options.unflushed);
  const snapshots = createSnapshotTable(later, readVersion, readHead);
  const models = createModelTables(driver, options.overlaysOnCopies === true);
  const news = createNews(driver, options, readHead, models.generations, sync.generation);
  let closed = false;

  function readHead(): number {
    return (selectHead.get()?.[0] as number | null) ?? 0;
  }

  function readVersion(stream: string): number {
    return (selectVersion.get(stream)?.[0] as number | null) ?? 0;
  }

  /** A binary search: positions have no gaps, and timestamps never decrease. */
  function positionAt(timestamp: number): number {
    let low = 0;
    let high = readHead();
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      const row = selectTimestamp.get(middle);
      if (row === undefined) throw corrupt(middle);
      if ((row[0] as number) <= timestamp) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  function readInfo(): StorageInfo {
    const size = driver.pragmas?.size() ?? (driver.prepare(SELECT_SIZE).get()?.[0] as number);
    const formatVersion = options.migrations.length;
    return { ...options.info, role: "leader", formatVersion, lineage: readLineage(driver), usage: size, size };
  }

  function append(requests: readonly AppendRequest[]): Promise<readonly AppendOutcome[]> {
    try {
      return Promise.resolve(commit(requests));
    } catch (first) {
      const again = (): readonly AppendOutcome[] => commit(requests);
      return afterFailure(driver, options.busyTimeout, again, first, async (error) => {
        if (isEventStoreError(error) && (error.code === "storage-busy" || error.code === "store-closed")) throw error;
        return oneByOne(requests, appender.triedAt ?? 0);
      });
    }
  }

  /**
   * Appends the requests of a failed batch one at a time, so that only the request that caused the error fails. The batch may have
   * been committed all the same if the error came after the commit, so ids are looked up and no event is written twice.
   */
  async function oneByOne(requests: readonly AppendRequest[], triedAt: number): Promise<readonly AppendOutcome[]> {
    const outcomes: AppendOutcome[] = [];
    for (const request of requests) {
      const alone = call(() => commit([{ resentAfter: triedAt, ...request, freshIds: false }]));
      outcomes.push(...(await alone.catch((error: unknown) => [{ ok: false as const, failure: toFailure(error) }])));
    }
    return outcomes;
  }

  function commit(requests: readonly AppendRequest[]): AppendOutcome[] {
    ensureOpen();
    const outcomes = appender.commit(requests);
    news.tellEvents(appender.head, () => freshEvents(requests, outcomes, appender.head));
    return outcomes;
  }

  /** Reports a change of read models, except of tables that a rebuild has not put into use yet. */
  function telling(outcome: ModelOutcome, inUse: boolean): ModelOutcome {
    if (outcome.outcome === "applied" && (inUse || outcome.state.rebuild === null)) news.tell("models");
    return outcome;
  }

  /** Runs synchronous work: retries while another process holds the lock, and converts other errors. */
  function call<T>(work: () => T): Promise<T> {
    return whenNotBusy(driver, options.busyTimeout, () => {
      ensureOpen();
      return work();
    });
  }

  function ensureOpen(): void {
    if (closed) throw storeClosed();
  }

  return {
    append,
    ...answering<Omit<RootVerbs, "append">>(
      {
        readPage,
        listStreams: createStreamList(later),
        head: readHead,
        version: readVersion,
        positionAt,
        saveSnapshot: snapshots.save,
        loadSnapshot: snapshots.load,
        info: readInfo,
      },
      call,
    ),
    models: answering<ModelStorage>(
      {
        ...models.verbs,
        applyToModel: (batch) => telling(models.verbs.applyToModel(batch), batch.set === "used"),
        retryParked: (retry) => telling(models.verbs.retryParked(retry), true),
      },
      call,
    ),
    leases: answering(leases.verbs, call),
    consumers: answering(consumers, call),
    sync: answering(
      sync.verbs(appender, (known) => news.tell("replica", known)),
      call,
    ),
    contents: answering(createContents(driver, readHead), call),
    onChange: news.onChange,
    close() {
      if (closed) return Promise.resolve();
      closed = true;
      news.stop();
      return new Promise((resolve) => {
        driver.close();
        resolve();
      });
    },
  };
}
