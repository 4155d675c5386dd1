import { findLeaseProblem, isCount } from "../storage/plausible.ts";
import { ALL_STREAMS } from "../storage/snapshot-rules.ts";
import {
  createEventChecks,
  findPlaceProblem,
  findSnapshotProblem,
  type VerifiedCounts,
  type VerifyListeners,
} from "../storage/verify-rules.ts";
import { findSchemaProblems } from "./check-schema.ts";
import type { PostgresDriver, PostgresQuery } from "./driver.ts";
import { toStoreError } from "./faults.ts";
import { noStore, readFormat } from "./migrations.ts";
import { verifyBlocks } from "./verify-blocks.ts";
import { ID } from "./rows.ts";
import { quoted, toNumber } from "./values.ts";

/** How much was verified. */
export interface VerifiedPostgres extends VerifiedCounts {
  /** Whether tables and functions were compared with those that rivulet makes, for which the role must be able to create a schema. */
  readonly schemaCompared: boolean;
}

const PAGE = 1_000;

/**
 * Verifies a store on PostgreSQL without changing it, as of one moment: its tables and functions, that positions and versions have no
 * gaps, that timestamps do not decrease, that every event and snapshot can be read and is JSON as rivulet writes it, and that no
 * snapshot, checkpoint or parked event is ahead of the events, and that reads by type and by indexed metadata find every event. It does
 * not compare PostgreSQL's own indexes with their tables, as `pg_amcheck` does.
 *
 * @throws `storage-format` for a schema without a store or with a newer one; `storage-corrupt` or `storage-unavailable` if the
 * database cannot be read.
 * @example
 * ```ts
 * const verify = async (own: PostgresDriver): Promise<number> => {
 *   const { events } = await verifyPostgres(own, "rivulet", { onProblem: ({ where, what }) => console.log(where, what) });
 *   return events;
 * };
 * ```
 */
export async function verifyPostgres(
  driver: PostgresDriver,
  schema: string,
  listeners: VerifyListeners,
): Promise<VerifiedPostgres> {
  try {
    const format = await readFormat(driver.query, schema);
    if (format === 0) throw noStore(schema);
    const strange = await findSchemaProblems(driver, schema, format);
    for (const what of strange ?? []) listeners.onProblem({ kind: "file", where: "schema", what });
    const counts = await driver.transaction(async (query) => {
      await query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY");
      return await verifyAll(query, quoted(schema), format, listeners);
    });
    return { ...counts, schemaCompared: strange !== undefined };
  } catch (error) {
    throw toStoreError(driver, error, 0);
  }
}

async function verifyAll(
  query: PostgresQuery,
  s: string,
  format: number,
  listeners: VerifyListeners,
): Promise<VerifiedCounts> {
  const { onProblem } = listeners;
  const versions = await verifyEvents(query, s, listeners);
  // The index of events came with format 4.
  if (format >= 4) await verifyBlocks(query, s, onProblem);
  const snapshots = await verifySnapshots(query, s, versions, listeners);
  const head = versions.get(ALL_STREAMS) ?? 0;
  const model = "read model ' || name || ', schema ' || schema";
  const models = `UNION ALL SELECT checkpoint, '${model} FROM ${s}.models UNION ALL SELECT rebuild, 'rebuild of ${model} FROM ${s}.models WHERE rebuild IS NOT NULL `;
  const places = await query(
    `SELECT position, 'consumer ' || name FROM ${s}.checkpoints ` +
      // Read models came with format 2.
      (format < 2 ? "" : models) +
      `UNION ALL SELECT position, 'event parked by ' || owner FROM ${s}.parked ORDER BY 2, 1`,
  );
  for (const [position, where] of places) {
    const what = findPlaceProblem(toNumber(position), head);
    if (what !== undefined) onProblem({ kind: "checkpoint", where: where as string, what });
  }
  await verifyMeta(query, s, format, onProblem);
  return { events: head, streams: versions.size - 1, snapshots };
}

/** Resolves with the newest version of each stream, and the newest position under the name of all streams. */
async function verifyEvents(
  query: PostgresQuery,
  s: string,
  { onProblem, onProgress }: VerifyListeners,
): Promise<ReadonlyMap<string, number>> {
  const select =
    `SELECT e.position, e.stream, e.version, ${ID}, e.type, e.schema_version, e.data, e.metadata, e.timestamp ` +
    `FROM ${s}.events e WHERE e.position > $1 ORDER BY e.position LIMIT ${PAGE}`;
  const [[lowest, highest] = []] = await query(`SELECT min(position), max(position) FROM ${s}.events`);
  if (lowest != null && toNumber(lowest) < 1) {
    onProblem({ kind: "event", where: `position ${lowest}`, what: "positions begin at 1" });
  }
  const checks = createEventChecks<string>(onProblem);
  for (let rows = await query(select, [0]); rows.length > 0; rows = await query(select, [checks.position])) {
    for (const [position, stream, version, id, type, schemaVersion, data, metadata, timestamp] of rows) {
      checks.verify({
        position: toNumber(position),
        stream: stream as string,
        name: stream as string,
        version: toNumber(version),
        hasId: Boolean(id),
        type: type as string,
        schemaVersion: toNumber(schemaVersion),
        data,
        metadata,
        timestamp: toNumber(timestamp),
      });
    }
    await onProgress?.({ done: checks.position, total: toNumber(highest) });
  }
  return new Map([...checks.versions, [ALL_STREAMS, checks.position]]);
}

async function verifySnapshots(
  query: PostgresQuery,
  s: string,
  versions: ReadonlyMap<string, number>,
  { onProblem, onSnapshot }: VerifyListeners,
): Promise<number> {
  const key = "stream, projection, schema, version";
  const keys = await query(`SELECT ${key} FROM ${s}.snapshots ORDER BY ${key}`);
  const select = `SELECT state FROM ${s}.snapshots WHERE stream = $1 AND projection = $2 AND schema = $3 AND version = $4`;
  for (const row of keys) {
    const [stream, projection] = row as [string, string];
    const [schema, version] = [toNumber(row[2]), toNumber(row[3])];
    const state = (await query(select, [stream, projection, schema, version]))[0]?.[0] as string;
    const what = findSnapshotProblem(version, state, versions.get(stream) ?? 0);
    const where = `${stream}, projection ${projection}, schema ${schema}, version ${version}`;
    if (what !== undefined) onProblem({ kind: "snapshot", where, what });
    else onSnapshot?.({ stream, projection, schema, version, state });
  }
  return keys.length;
}

async function verifyMeta(
  query: PostgresQuery,
  s: string,
  format: number,
  onProblem: VerifyListeners["onProblem"],
): Promise<void> {
  const meta = new Map((await query(`SELECT key, value FROM ${s}.meta`)) as unknown as [string, string][]);
  const last = Number(meta.get("last_lease") ?? Number.NaN);
  // What replicas and hubs have came with format 3.
  const counts = ["last_lease", ...(format < 3 ? [] : ["last_entry", "replica_generation"])];
  if (!meta.get("lineage")) onProblem({ kind: "file", where: "meta, lineage", what: "missing" });
  for (const key of counts) {
    if (isCount(Number(meta.get(key) ?? Number.NaN))) continue;
    onProblem({ kind: "file", where: `meta, ${key}`, what: `${meta.get(key)} is not a valid count` });
  }
  for (const [name, holder, token, expires] of await query(`SELECT name, holder, token, expires FROM ${s}.leases`)) {
    const lease = { holder: holder as string, token: toNumber(token), expires: toNumber(expires) };
    const what = findLeaseProblem(lease, last);
    if (what !== undefined) onProblem({ kind: "file", where: `lease ${name}`, what });
  }
}
