import { EventStoreError } from "../errors.ts";
import type { PostgresDriver, PostgresQuery } from "./driver.ts";
import { indexEvents } from "./index-events.ts";
import { keepRights } from "./ownership.ts";
import { format2 } from "./read-models/schema.ts";
import { eventsOid, format1 } from "./schema.ts";
import { format3, format4 } from "./sync/schema.ts";
import { quoted, toNumber } from "./values.ts";

/** The statements that lead from each format to the next, for a schema's quoted name. */
export const MIGRATIONS: readonly ((s: string) => string)[] = [format1, format2, format3, format4];

/** The format that this code writes. */
export const FORMAT_VERSION: number = MIGRATIONS.length;

const OLDEST_SERVER = 150_000;

/** "rvlm" in ASCII: the advisory lock of migrations, of all schemas. */
const MIGRATING = 0x72766c6d;

/** What is known of a database once it is open. */
export interface OpenedSchema {
  /** The oid of the table of events. */
  readonly oid: number;
  readonly lineage: string;
  /** Whether the server flushes what it commits (https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-FSYNC). */
  readonly flushes: boolean;
}

/** How {@link openSchema} opens a store. */
export interface OpenSchemaOptions {
  /** Default: true. */
  readonly creates?: boolean | undefined;
  /** Default: true. */
  readonly upgrades?: boolean | undefined;
  /** The metadata that is indexed. */
  readonly keys: readonly string[];
  /** How long writers wait for each other at most, in milliseconds. */
  readonly timeout: number;
}

/**
 * Creates a schema's tables, or brings them to the newest format, and indexes events.
 *
 * @throws `storage-format` if the schema has other tables or a newer format, `storage-unavailable` for an older server or another
 * encoding than UTF-8.
 */
export async function openSchema(
  driver: PostgresDriver,
  schema: string,
  { creates = true, upgrades = true, keys, timeout }: OpenSchemaOptions,
): Promise<OpenedSchema> {
  const s = quoted(schema);
  await checkServer(driver.query);
  // Most often there is nothing to do, and the role need not have any right to do it.
  const found = await readFormat(driver.query, schema);
  if (found === 0 && !creates) throw noStore(schema);
  if (found !== 0 && found !== FORMAT_VERSION && !upgrades) throw older(found, schema);
  if (found !== FORMAT_VERSION) {
    await driver.transaction(async (query) => {
      await query("SELECT pg_advisory_xact_lock($1)", [MIGRATING]);
      const format = await readFormat(query, schema);
      for (const migrate of MIGRATIONS.slice(format)) await query(migrate(s));
      if (format > 0 && format < FORMAT_VERSION) await query(keepRights(s));
      if (format < FORMAT_VERSION) await query(`UPDATE ${s}.meta SET value = '${FORMAT_VERSION}' WHERE key = 'format'`);
    });
  }
  if (upgrades) await indexEvents(driver.query, s, { keys, timeout });
  const [[oid, lineage, fsync] = []] = await driver.query(
    `SELECT ${eventsOid(s)}, (SELECT value FROM ${s}.meta WHERE key = 'lineage'), current_setting('fsync')`,
  );
  if (!lineage) {
    throw new EventStoreError("storage-corrupt", "meta, lineage: missing: restore the database from a copy", {});
  }
  return { oid: toNumber(oid), lineage, flushes: fsync === "on" };
}

async function checkServer(query: PostgresQuery): Promise<void> {
  const [[version, encoding] = []] = await query(
    "SELECT current_setting('server_version_num'), current_setting('server_encoding')",
  );
  if (toNumber(version) < OLDEST_SERVER) {
    throw unusable("server-version", "this server is older than PostgreSQL 15: update it");
  }
  if (encoding !== "UTF8")
    throw unusable("encoding", `the database's encoding is ${encoding}: create it with ENCODING 'UTF8'`);
}

/** The error for a schema without a store. */
export function noStore(schema: string): EventStoreError {
  return unusable("no-store", `there is no store in the schema "${schema}" of this database`);
}

function unusable(reason: string, message: string): EventStoreError {
  return new EventStoreError("storage-unavailable", message, { reason });
}

/** Reads a schema's format; 0 if it has no tables. */
export async function readFormat(query: PostgresQuery, schema: string): Promise<number> {
  const [[tables, meta, events] = []] = await query(
    `SELECT (SELECT count(*) FROM pg_class WHERE relnamespace = n.oid AND relkind IN ('r', 'p', 'v', 'm', 'f')),
      to_regclass(format('%I.meta', nspname)), to_regclass(format('%I.events', nspname))
      FROM pg_namespace n WHERE nspname = $1`,
    [schema],
  );
  if (toNumber(tables) === 0) return 0;
  if (!meta || !events) throw foreign("other tables", schema);
  const [[mark, format] = []] = await query(
    `SELECT to_jsonb(m)->>'value', (SELECT to_jsonb(f)->>'value' FROM ${quoted(schema)}.meta f WHERE to_jsonb(f)->>'key' = 'format')
      FROM ${quoted(schema)}.meta m WHERE to_jsonb(m)->>'key' = 'application'`,
  );
  if (mark !== "rivulet" || !format) throw foreign("other tables", schema);
  if (toNumber(format) > FORMAT_VERSION) {
    const details = { found: toNumber(format), supported: FORMAT_VERSION };
    throw new EventStoreError("storage-format", `the schema "${schema}" has format ${format}: update rivulet`, details);
  }
  return toNumber(format);
}

function older(found: number, schema: string): EventStoreError {
  const message = `the schema "${schema}" has format ${found}, and is not to be upgraded to format ${FORMAT_VERSION} here`;
  return new EventStoreError("storage-format", message, { found, supported: FORMAT_VERSION });
}

function foreign(found: string, schema: string): EventStoreError {
  const message = `the schema "${schema}" has tables that are not rivulet's: use another schema`;
  return new EventStoreError("storage-format", message, { found, supported: FORMAT_VERSION });
}
