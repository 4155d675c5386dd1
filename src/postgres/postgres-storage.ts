import { invalidArgument, storeClosed } from "../errors.ts";
import { corrupt } from "../storage/event-page.ts";
import { checkIndexedMetadata } from "../storage/indexed-metadata.ts";
import type { EventStorage, StorageInfo, StreamsPage, StreamsQuery } from "../storage/protocol.ts";
import { createAppender } from "./appender.ts";
import { createConsumerTable } from "./consumers.ts";
import { createContents } from "./contents.ts";
import type { NextStatement, PostgresDriver, PostgresQuery, PostgresResult } from "./driver.ts";
import { isPassing, persist, toStoreError } from "./faults.ts";
import { createLeaseTable } from "./leases.ts";
import { FORMAT_VERSION, openSchema, type OpenedSchema } from "./migrations.ts";
import { fetchFacts } from "./fetch-facts.ts";
import { createNews } from "./news.ts";
import { postgresDialect } from "./read-models/dialect.ts";
import { createModelTables } from "./read-models/models.ts";
import { createPageReader } from "./pages.ts";
import { createSnapshotTable } from "./snapshots.ts";
import { createSyncTables } from "./sync/sync.ts";
import { quoted, toNumber } from "./values.ts";

/** How to open a storage over PostgreSQL. */
export interface PostgresStorageOptions {
  /** The schema of the tables. */
  readonly schema: string;
  /** "full": an append is on disk when it resolves. "normal": a power cut of the server may lose the last ones. */
  readonly durability: "full" | "normal";
  /** How long a call waits for other writers, and for a server that cannot be reached, in milliseconds. */
  readonly busyTimeout: number;
  /** Keys of metadata by which reads are fast. Once a store has such a key, it keeps it. */
  readonly indexedMetadata?: readonly string[] | undefined;
  /** Whether tables are created if there are none; default true. Otherwise opening fails with `storage-unavailable`, reason "no-store". */
  readonly creates?: boolean;
  /** Whether a store of an older format is upgraded; default true. Otherwise opening it fails with `storage-format`. */
  readonly upgrades?: boolean;
  /** What the adapter knows for `info()`; default: adapter "postgres", persisted. */
  readonly info?: Pick<StorageInfo, "adapter" | "persisted">;
}

/**
 * Implements the storage protocol over any client of PostgreSQL. If it rejects, it has closed the driver.
 *
 * @throws `storage-format`, `storage-corrupt` or `storage-unavailable`; `invalid-argument` for the name of a schema or
 * `indexedMetadata`.
 * @example
 * ```ts
 * const options = { schema: "rivulet", durability: "full", busyTimeout: 10_000 } as const;
 * const open = (own: PostgresDriver): Promise<EventStorage> => openPostgresStorage(own, options);
 * const adapter = (own: PostgresDriver): Adapter => ({ name: "mine", open: async () => ({ storage: await open(own), verbs: {} }) });
 * ```
 */
export async function openPostgresStorage(
  driver: PostgresDriver,
  options: PostgresStorageOptions,
): Promise<EventStorage> {
  try {
    checkSchema(options.schema);
    const keys = [...new Set(checkIndexedMetadata(options.indexedMetadata))];
    const opened = await persist(driver, options.busyTimeout, () =>
      openSchema(driver, options.schema, {
        creates: options.creates,
        upgrades: options.upgrades,
        keys,
        timeout: options.busyTimeout,
      }),
    );
    return createPostgresStorage(driver, options, opened);
  } catch (error) {
    await driver.close();
    throw toStoreError(driver, error, options.busyTimeout);
  }
}

function checkSchema(schema: unknown): void {
  // PostgreSQL silently shortens longer names (https://www.postgresql.org/docs/current/sql-syntax-lexical.html).
  if (typeof schema === "string" && /^[a-z_][a-z0-9_]{0,62}$/.test(schema) && !schema.startsWith("pg_")) return;
  throw invalidArgument(
    "schema",
    "schema must be 1 to 63 lower-case letters, digits or underscores, and not start with pg_",
  );
}

function createPostgresStorage(
  driver: PostgresDriver,
  { schema, durability, busyTimeout, info = { adapter: "postgres", persisted: true } }: PostgresStorageOptions,
  { oid, flushes }: OpenedSchema,
): EventStorage {
  const s = quoted(schema);
  const selectHead = `SELECT max(position) FROM ${s}.events`;
  const selectVersion = `SELECT max(version) FROM ${s}.events WHERE stream = $1`;
  const selectPosition = `SELECT ${s}.position_at($1)`;
  const selectStreams =
    `SELECT e.position, e.stream, (SELECT max(version) FROM ${s}.events v WHERE v.stream = e.stream) FROM ${s}.events e ` +
    "WHERE e.version = 1 AND e.position > $1 AND starts_with(e.stream, $2) ORDER BY e.position LIMIT $3";
  const selectInfo =
    `SELECT (SELECT value FROM ${s}.meta WHERE key = 'lineage'), sum(pg_total_relation_size(c.oid)) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace ` +
    "WHERE n.nspname = $1 AND c.relkind = 'r'";

  /** Runs work with the database, which closing waits for. */
  async function whileOpen<T>(work: () => Promise<T>): Promise<T> {
    if (closed) throw storeClosed();
    const running = work();
    working.add(running);
    try {
      return await running;
    } finally {
      working.delete(running);
    }
  }

  const transaction: PostgresDriver["transaction"] = (work) =>
    persist(driver, busyTimeout, () => whileOpen(() => driver.transaction(work)));
  const read: NonNullable<PostgresDriver["read"]> = (before, next, onGivenUp) =>
    persist(driver, busyTimeout, () =>
      whileOpen(() => driver.read?.(before, next, onGivenUp) ?? readInTransaction(driver, before, next)),
    );
  const query: PostgresQuery = (sql, values) =>
    persist(driver, busyTimeout, () => whileOpen(() => driver.query(sql, values)));
  const readPage = createPageReader(query, s);
  const news = createNews(driver, s, oid, (error) =>
    isPassing(driver, error) || driver.codeOf(error) === undefined
      ? undefined
      : toStoreError(driver, error, busyTimeout),
  );
  const commit = { durable: durability === "full", timeout: busyTimeout };
  const append = createAppender(driver, s, readPage, commit, news.tell);
  const working = new Set<Promise<unknown>>();
  let closed = false;

  async function listStreams({ prefix = "", after, limit }: StreamsQuery): Promise<StreamsPage> {
    const rows = await query(selectStreams, [after, prefix, limit]);
    return {
      streams: rows.map((row) => ({ name: row[1] as string, version: toNumber(row[2]) })),
      cursor: rows.length === 0 ? after : toNumber(rows.at(-1)?.[0]),
      done: rows.length < limit,
    };
  }

  async function positionAt(timestamp: number): Promise<number> {
    const [[found] = []] = await query(selectPosition, [Math.floor(timestamp)]);
    const position = toNumber(found);
    if (position < 0) throw corrupt(-position);
    return position;
  }

  async function readInfo(): Promise<StorageInfo> {
    const [[lineage, bytes] = []] = await query(selectInfo, [schema]);
    const size = toNumber(bytes);
    return {
      ...info,
      backend: "postgres",
      durability: flushes ? durability : "none",
      role: "leader",
      formatVersion: FORMAT_VERSION,
      lineage: lineage ?? "",
      usage: size,
      size,
    };
  }

  return {
    append: (requests) => whileOpen(() => append(requests)),
    readPage,
    listStreams,
    head: async () => toNumber((await query(selectHead, []))[0]?.[0]),
    version: async (stream) => toNumber((await query(selectVersion, [stream]))[0]?.[0]),
    positionAt,
    ...createSnapshotTable(query, s),
    info: readInfo,
    models: createModelTables({ driver, query, transaction, read, s, oid, busyTimeout, tell: news.tellModel }),
    dialect: postgresDialect,
    leases: createLeaseTable(query, s),
    consumers: createConsumerTable(query, s),
    sync: createSyncTables({
      query,
      s,
      commit,
      fetchFacts: (wanted) => fetchFacts(query, s, readPage, wanted),
      tell: news.tell,
    }),
    contents: createContents(query, s),
    onChange: news.onChange,
    async close() {
      if (closed) return;
      closed = true;
      await Promise.allSettled(working);
      await news.stop();
      await driver.close();
    },
  };
}

/** Reads with a driver that has no `read`, and cannot interrupt. */
function readInTransaction(driver: PostgresDriver, before: string, next: NextStatement): Promise<PostgresResult> {
  return driver.transaction(async (query, ask) => ask(...next(await query(before))));
}
