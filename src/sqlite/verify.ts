import type { SqliteDriver, SqliteRow } from "./driver.ts";
import { messageOf } from "../errors.ts";
import { toStoreError } from "./faults.ts";
import { findSchemaProblems } from "./check-schema.ts";
import { findMetaProblems } from "./check-values.ts";
import { distrust, findFormat, MIGRATIONS } from "./migrations.ts";
import { JOINED_EVENTS } from "./rows.ts";
import {
  createEventChecks,
  findSnapshotProblem,
  type EventChecks,
  type EventRow,
  type VerifiedCounts,
  type VerifyListeners,
} from "../storage/verify-rules.ts";
import { verifyBlocks } from "./verify-blocks.ts";
import { verifyCheckpoints, verifyLeases } from "./verify-checkpoints.ts";
import { beginRead } from "./transaction.ts";

const PAGE = 1_000;

const SELECT_EVENTS =
  `SELECT e.position, e.stream, s.name, e.version, e.id, t.name, e.type_version, e.data, e.metadata, e.timestamp ` +
  `FROM ${JOINED_EVENTS} WHERE e.position > ? ORDER BY e.position LIMIT ? + 0`;

/**
 * Verifies a whole database without changing it, as of one moment: its schema, SQLite's integrity check, that positions and versions
 * have no gaps, that timestamps do not decrease, that every event and snapshot can be read and is JSON as rivulet writes it (no
 * duplicate keys, no numbers that lose digits), and that no snapshot, checkpoint or parked event is ahead of the events.
 *
 * @throws `storage-format` for a file that is not rivulet's or has a newer format; `storage-corrupt` or `storage-unavailable` if the
 * file cannot be read.
 * @example
 * ```ts
 * const problems: string[] = [];
 * const counts = await verifyDatabase(driver, { onProblem: ({ where, what }) => problems.push(`${where}: ${what}`) });
 * console.log(problems, counts.events); // → [] 0
 * ```
 */
export async function verifyDatabase(driver: SqliteDriver, listeners: VerifyListeners): Promise<VerifiedCounts> {
  let end: (() => void) | undefined;
  try {
    distrust(driver);
    // A read transaction does not block writers, but keeps the write-ahead log from being truncated.
    end = beginRead(driver);
    const format = findFormat(driver);
    if (format === 0) return NOTHING;
    const strange = findSchemaProblems(driver, MIGRATIONS.slice(0, format));
    for (const what of strange) listeners.onProblem({ kind: "file", where: "schema", what });
    // If the schema differs, the tables cannot be interpreted.
    if (strange.length > 0) return NOTHING;
    return await verifyAll(driver, format, listeners);
  } catch (error) {
    throw toStoreError(driver, error);
  } finally {
    end?.();
  }
}

const NOTHING: VerifiedCounts = { events: 0, streams: 0, snapshots: 0 };

async function verifyAll(driver: SqliteDriver, format: number, listeners: VerifyListeners): Promise<VerifiedCounts> {
  const { onProblem } = listeners;
  const guarded = async <T>(what: string, otherwise: T, look: () => Promise<T> | T): Promise<T> => {
    try {
      return await look();
    } catch (error) {
      if (driver.codeOf(error) === undefined) throw error;
      onProblem({ kind: "file", where: what, what: `it cannot be read further: ${messageOf(error)}` });
      return otherwise;
    }
  };

  await guarded("integrity check", undefined, () => {
    for (const [message] of driver.prepare("PRAGMA integrity_check").all()) {
      if (message !== "ok") onProblem({ kind: "file", where: "integrity check", what: String(message) });
    }
  });
  const checks = createEventChecks<number>(onProblem);
  const { versions } = checks;
  const head = await guarded("events", 0, () => verifyEvents(driver, checks, listeners));
  if (format >= 6) await guarded("index", undefined, () => verifyBlocks(driver, onProblem));
  const streams = await guarded("streams", 0, () => verifyStreams(driver, versions, onProblem));
  const snapshots = await guarded("snapshots", 0, () => verifySnapshots(driver, versions, head, listeners));
  await guarded("meta", undefined, () => {
    for (const { where, what } of findMetaProblems(driver)) onProblem({ kind: "file", where, what });
  });
  await guarded("leases", undefined, () => verifyLeases(driver, onProblem));
  await guarded("checkpoints", undefined, () => verifyCheckpoints(driver, head, onProblem));
  return { events: head, streams, snapshots };
}

/** Verifies the events, collects each stream's newest version by the stream's number, and resolves with the newest position. */
async function verifyEvents(
  driver: SqliteDriver,
  checks: EventChecks<number>,
  { onProblem, onProgress }: VerifyListeners,
): Promise<number> {
  const select = driver.prepare(SELECT_EVENTS);
  const lowest = driver.prepare("SELECT min(position) FROM events").get()?.[0] as number | null;
  if (lowest !== null && lowest < 1) {
    onProblem({ kind: "event", where: `position ${lowest}`, what: "positions begin at 1" });
  }
  const total = (driver.prepare("SELECT max(position) FROM events").get()?.[0] as number | null) ?? 0;
  for (let rows = select.all(0, PAGE); rows.length > 0; rows = select.all(checks.position, PAGE)) {
    for (const row of rows) checks.verify(toEventRow(row));
    await onProgress?.({ done: checks.position, total: Math.max(checks.position, total) });
  }
  return checks.position;
}

function toEventRow(row: SqliteRow): EventRow<number> {
  const [position, stream, name, version, id, type, schemaVersion, data, metadata, timestamp] = row;
  return {
    position: position as number,
    stream: stream as number,
    name: name as string | null,
    version: version as number,
    hasId: typeof id === "string" ? id !== "" : id instanceof Uint8Array && id.length === 16,
    type: type as string | null,
    schemaVersion: schemaVersion as number,
    data,
    metadata,
    timestamp: timestamp as number,
  };
}

/** Reports streams without events: a stream is created together with its first event, so its events were lost. */
function verifyStreams(
  driver: SqliteDriver,
  versions: ReadonlyMap<number, number>,
  onProblem: VerifyListeners["onProblem"],
): number {
  const select = driver.prepare("SELECT id, name FROM streams WHERE id > ? ORDER BY id LIMIT ? + 0");
  let count = 0;
  for (let last = Number.MIN_SAFE_INTEGER, more = true; more;) {
    const rows = select.all(last, PAGE) as unknown as [number, string][];
    for (const [id, name] of rows) {
      if (!versions.has(id)) onProblem({ kind: "stream", where: name, what: "it has no events any longer" });
      last = id;
    }
    count += rows.length;
    more = rows.length === PAGE;
  }
  return count;
}

function verifySnapshots(
  driver: SqliteDriver,
  versions: ReadonlyMap<number, number>,
  head: number,
  { onProblem, onSnapshot }: VerifyListeners,
): number {
  const keys = driver
    .prepare("SELECT stream, projection, schema, version FROM snapshots ORDER BY stream, projection, schema, version")
    .all() as unknown as [number, string, number, number][];
  const selectState = driver.prepare(
    "SELECT state FROM snapshots WHERE stream = ? AND projection = ? AND schema = ? AND version = ?",
  );
  const selectName = driver.prepare("SELECT name FROM streams WHERE id = ?");
  for (const [id, projection, schema, version] of keys) {
    const stream = id === 0 ? "@all" : (selectName.get(id)?.[0] as string | undefined);
    const last = id === 0 ? head : (versions.get(id) ?? 0);
    const where = `${stream ?? `stream number ${id}`}, projection ${projection}, schema ${schema}, version ${version}`;
    const report = (what: string): void => onProblem({ kind: "snapshot", where, what });
    const state = selectState.get(id, projection, schema, version)?.[0] as string;
    const problem = stream === undefined ? "its stream has lost its name" : findSnapshotProblem(version, state, last);
    if (problem !== undefined) report(problem);
    else onSnapshot?.({ stream: stream as string, projection, schema, version, state });
  }
  return keys.length;
}
