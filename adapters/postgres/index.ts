import {
  checkOptions,
  EventStoreError,
  invalidArgument,
  messageOf,
  openPostgresStorage,
  type Adapter,
} from "../../src/adapter.ts";
import type { PostgresPool } from "./pool.ts";

export type { PostgresPool } from "./pool.ts";

/** Options of {@link postgres}. */
export interface PostgresOptions {
  /** The server and database, such as `postgres://user:password@host:5432/app`. The store then has a pool of its own. */
  readonly connectionString?: string | undefined;
  /** A `Pool` of pg, which the store uses with others and does not end. */
  readonly pool?: PostgresPool | undefined;
  /** The schema of the store's tables, which is created if it does not exist; default "rivulet". Each schema is a store of its own. */
  readonly schema?: string | undefined;
  /**
   * "full", the default: acknowledged appends survive a power cut of the server. "normal": a power cut may lose the last commits, but
   * never consistency.
   */
  readonly durability?: "full" | "normal" | undefined;
  /**
   * How long a call waits while other processes write (then it rejects with `storage-busy`) or the server cannot be reached
   * (`storage-unavailable`), in milliseconds; default 10,000.
   */
  readonly busyTimeout?: number | undefined;
  /**
   * Top-level keys of events' metadata, such as "userId", by which filtered reads take as long as what they find instead of scanning all
   * events. The first opening with a key goes through all events once, while others may append. The store keeps the key, also if it is
   * left out later. Each event with such a key takes up to 75 bytes more, the fewer the more often its value occurs. Default: none.
   */
  readonly indexedMetadata?: readonly string[] | undefined;
}

/**
 * Keeps events in PostgreSQL, 15 or newer, through pg. Any number of processes, on any hosts, may use one store.
 *
 * @throws when the store is opened: `storage-unavailable` if pg is not installed, or the server cannot be reached, is too old
 * or refuses the role; `storage-format` if the schema has other tables or is newer; `storage-corrupt` if it is damaged;
 * `invalid-argument` for an invalid option.
 * @example
 * ```ts
 * import { openEventStore } from "rivulet";
 * import { postgres } from "rivulet/postgres";
 *
 * await using events = await openEventStore(postgres({ connectionString: "postgres://localhost/app" }));
 * await events.stream("visits").append({ type: "visited" });
 * ```
 */
export function postgres(options: PostgresOptions): Adapter {
  return {
    name: "postgres",
    async open() {
      const checked = checkPostgresOptions(options);
      const { openDriver } = await load();
      return { storage: await openPostgresStorage(openDriver(checked), checked), verbs: {} };
    },
  };
}

function checkPostgresOptions(options: PostgresOptions): PostgresOptions & {
  readonly schema: string;
  readonly durability: "full" | "normal";
  readonly busyTimeout: number;
} {
  checkOptions(options, ["connectionString", "pool", "schema", "durability", "busyTimeout", "indexedMetadata"]);
  const { connectionString, pool, schema = "rivulet", durability = "full", busyTimeout = 10_000 } = options;
  if ((connectionString === undefined) === (pool === undefined)) {
    throw invalidArgument("connectionString", "give either a connectionString or a pool");
  }
  if (connectionString !== undefined && (typeof connectionString !== "string" || connectionString === "")) {
    throw invalidArgument("connectionString", 'connectionString must be a text such as "postgres://localhost/app"');
  }
  if (pool !== undefined && typeof (pool as Partial<PostgresPool> | null)?.connect !== "function") {
    throw invalidArgument("pool", "pool must be a Pool of pg");
  }
  if (durability !== "full" && durability !== "normal") {
    throw invalidArgument("durability", 'durability must be "full" or "normal"');
  }
  if (!Number.isSafeInteger(busyTimeout) || busyTimeout < 0) {
    throw invalidArgument("busyTimeout", "busyTimeout must be a whole number of milliseconds from 0 on");
  }
  return { ...options, schema, durability, busyTimeout };
}

/** Loads pg when it is needed, so that importing this module works without it. Rejects with `storage-unavailable`. */
async function load(): Promise<typeof import("./pg-driver.ts")> {
  try {
    return await import("./pg-driver.ts");
  } catch (error) {
    const message = `pg cannot be loaded: npm install pg: ${messageOf(error)}`;
    throw new EventStoreError("storage-unavailable", message, { reason: "no-pg" }, error);
  }
}
