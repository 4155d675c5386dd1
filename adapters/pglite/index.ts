import {
  checkOptions,
  EventStoreError,
  invalidArgument,
  messageOf,
  openPostgresStorage,
  type Adapter,
  type EventStorage,
  type PostgresStorageOptions,
} from "../../src/adapter.ts";
import { createDriver, type PGliteDatabase } from "./pglite-driver.ts";

export type { PGliteDatabase, PGliteResult, PGliteSession } from "./pglite-driver.ts";

/** Options of {@link pglite}. */
export interface PGliteOptions {
  /**
   * A database of PGlite, which the store shares and does not close. It takes seconds to start, so share one among the tests of a file,
   * with a schema for each test. Absent: a database in memory that the store closes.
   */
  readonly database?: PGliteDatabase | undefined;
  /** The schema of the store's tables, which is created if it does not exist; default "rivulet". Each schema is a store of its own. */
  readonly schema?: string | undefined;
  /**
   * Top-level keys of events' metadata, such as "userId", by which filtered reads take as long as what they find instead of scanning all
   * events. The first opening with a key goes through all events once. The store keeps the key, also if it is left out later. Default: none.
   */
  readonly indexedMetadata?: readonly string[] | undefined;
}

/** PGlite waits for nobody: it has one session. */
const BUSY_TIMEOUT = 10_000;

/**
 * Keeps events in [PGlite](https://pglite.dev), a PostgreSQL inside the process, so that the tests of an application whose store is
 * `postgres()` need no server. It has one session: whatever depends on several connections can only be tested on a server.
 *
 * @throws when the store is opened: `storage-unavailable` if PGlite is not installed or is closed; `storage-format` if the
 * schema has other tables or is newer; `storage-corrupt` if it is damaged; `invalid-argument` for an invalid option.
 * @example
 * ```ts
 * import { PGlite } from "@electric-sql/pglite";
 * import { openEventStore } from "rivulet";
 * import { pglite } from "rivulet/pglite";
 *
 * await using events = await openEventStore(pglite({ database: await PGlite.create(), schema: "a_test" }));
 * await events.stream("visits").append({ type: "visited" });
 * ```
 */
export function pglite(options: PGliteOptions = {}): Adapter {
  return {
    name: "pglite",
    async open() {
      checkOptions(options, ["database", "schema", "indexedMetadata"]);
      const { database: given, schema = "rivulet", indexedMetadata } = options;
      if (given !== undefined && typeof (given as Partial<PGliteDatabase> | null)?.transaction !== "function") {
        throw invalidArgument("database", "database must be a PGlite");
      }
      const database = given ?? (await start());
      const driver = createDriver(database, given === undefined);
      return { storage: await openStorage(driver, database, { schema, indexedMetadata }), verbs: {} };
    },
  };
}

function openStorage(
  driver: ReturnType<typeof createDriver>,
  { dataDir = "memory://" }: PGliteDatabase,
  options: Pick<PostgresStorageOptions, "schema" | "indexedMetadata">,
): Promise<EventStorage> {
  const info = { adapter: "pglite", persisted: !dataDir.startsWith("memory://") };
  return openPostgresStorage(driver, { ...options, durability: "normal", busyTimeout: BUSY_TIMEOUT, info });
}

/** Starts a database in memory. Loads PGlite when it is needed, so that importing this module works without it. */
async function start(): Promise<PGliteDatabase> {
  try {
    const { PGlite } = await import("@electric-sql/pglite");
    return await PGlite.create();
  } catch (error) {
    const message = `PGlite cannot be loaded: npm install @electric-sql/pglite: ${messageOf(error)}`;
    throw new EventStoreError("storage-unavailable", message, { reason: "no-pglite" }, error);
  }
}
