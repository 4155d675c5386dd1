import type { EventStorage, FreshEvents, StorageNews } from "../storage/protocol.ts";
import type { SqliteDriver } from "./driver.ts";
import { isBusy, toStoreError } from "./faults.ts";
import { findFormat } from "./migrations.ts";

/** How to hear of other processes' writes. */
export interface NewsOptions {
  /** Whether no other connection can write to this database, so that it need not be watched; default false. */
  readonly exclusive?: boolean | undefined;
  /**
   * Calls `probe`, which returns whether another process has written, whenever one may have, until the returned function is called.
   * Used only while there is a listener.
   */
  readonly watchForeignWrites?: ((probe: () => boolean) => () => void) | undefined;
}

/** Reports every change of a database, by whatever process, to its listeners. */
export interface News extends Pick<EventStorage, "onChange"> {
  /** Reports a commit of this connection; `of` tells what may have changed beside events, `known` what need not be read. */
  tell(of: "models" | "replica" | "all", known?: Partial<StorageNews>): void;
  /** Reports appends of this connection: the head after them, and their events, which are asked for only if somebody listens. */
  tellEvents(head: number, fresh: () => FreshEvents | undefined): void;
  /** Ends the reports. */
  stop(): void;
}

export function createNews(
  driver: SqliteDriver,
  options: NewsOptions,
  readHead: () => number,
  readGenerations: () => Readonly<Record<string, number>>,
  readReplica: () => number,
): News {
  const listeners = new Map<(news: StorageNews) => void, ((error: unknown) => void) | undefined>();
  const foreignWrites = detectForeignWrites(driver, options.exclusive);
  let stopWatching: (() => void) | undefined;
  /** Whether a change is still to be reported, because the database could not be read. */
  let untold = false;
  let stopped = false;

  function probe(): boolean {
    if (stopped) return false;
    try {
      if (!foreignWrites() && !untold) return false;
    } catch (error) {
      endListening(error);
    }
    tell("all");
    return true;
  }

  function tell(of: Parameters<News["tell"]>[0], known: Partial<StorageNews> = {}): void {
    announce(() => ({
      epoch: 1,
      head: known.head ?? readHead(),
      ...((of === "models" || of === "all") && { models: readGenerations() }),
      ...((of === "replica" || of === "all") && { replica: known.replica ?? readReplica() }),
    }));
  }

  function tellEvents(head: number, fresh: () => FreshEvents | undefined): void {
    announce(() => {
      const events = fresh();
      return events === undefined ? { epoch: 1, head } : { epoch: 1, head, fresh: events };
    });
  }

  function announce(toNews: () => StorageNews): void {
    if (listeners.size === 0) return;
    untold = true;
    try {
      const news = toNews();
      untold = false;
      for (const listener of [...listeners.keys()]) listener(news);
    } catch (error) {
      endListening(error);
    }
  }

  /** Tells the listeners why there will be no more news. A lock is not the end: the next probe tries again. */
  function endListening(error: unknown): void {
    if (isBusy(driver, error)) return;
    for (const onEnd of [...listeners.values()]) onEnd?.(toStoreError(driver, error));
  }

  return {
    tell,
    tellEvents,
    onChange(listener, onEnd) {
      listeners.set(listener, onEnd);
      if (options.exclusive !== true) stopWatching ??= options.watchForeignWrites?.(probe);
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        stopWatching?.();
        stopWatching = undefined;
      };
    },
    stop() {
      stopped = true;
      stopWatching?.();
    },
  };
}

/**
 * Returns a function that tells whether another connection has written since its last call. A connection's own commits do not change
 * data_version (https://sqlite.org/pragma.html#pragma_data_version).
 */
function detectForeignWrites(driver: SqliteDriver, exclusive: boolean | undefined): () => boolean {
  if (exclusive === true) return () => false;
  const dataVersion = driver.prepare("PRAGMA data_version");
  let seen = dataVersion.get()?.[0];
  return () => {
    const found = dataVersion.get()?.[0];
    const changed = found !== seen;
    seen = found;
    return changed;
  };
}

/** Detects writes of other processes, and refuses to write on if one of them has migrated the file. @throws `storage-format`. */
export function refusingNewer(
  driver: SqliteDriver,
  { exclusive, migrations }: Pick<NewsOptions, "exclusive"> & { readonly migrations: readonly string[] },
): () => boolean {
  const hasForeignWrites = detectForeignWrites(driver, exclusive);
  if (exclusive === true) return hasForeignWrites;
  const format = driver.prepare("PRAGMA user_version");
  let checked = true;
  return () => {
    const changed = hasForeignWrites();
    checked &&= !changed;
    // `checked` stays false while the format is refused, so that the next attempt checks it again although nothing was written since.
    if (!checked && Number(format.get()?.[0]) > migrations.length) findFormat(driver, migrations.length);
    checked = true;
    return changed;
  };
}
