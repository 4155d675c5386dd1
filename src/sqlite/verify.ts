import type { SqliteDriver, SqliteRow } from "./driver.ts";
import { messageOf } from "../errors.ts";
import { toStoreError } from "./faults.ts";
import { findSchemaProblems } from "./check-schema.ts";
import { findMetaProblems, isCount, isTime } from "./check-values.ts";
import { distrust, findFormat, MIGRATIONS } from "./migrations.ts";
import { JOINED_EVENTS } from "./rows.ts";
import { isTooDeep, parse } from "./stored-json.ts";
import { verifyCheckpoints, verifyLeases } from "./verify-checkpoints.ts";
import { beginRead } from "./transaction.ts";

/** Damage in a database, or a change that rivulet did not make. */
export interface DatabaseProblem {
  /** The part of the database that is wrong; "file": the file as SQLite sees it. */
  readonly kind: "file" | "event" | "stream" | "snapshot" | "checkpoint";
  /** Where it is, such as "position 17" or a stream's name. */
  readonly where: string;
  readonly what: string;
}

/** A stored snapshot. */
export interface StoredSnapshot {
  /** A stream's name, or "@all" for the whole store. */
  readonly stream: string;
  readonly projection: string;
  readonly schema: number;
  readonly version: number;
  /** The state as JSON. */
  readonly state: string;
}

/** What to call during a verification. */
export interface VerifyListeners {
  /** Called for each problem. */
  onProblem(problem: DatabaseProblem): void;
  /** Called when all events up to position `done` were verified. The verification waits for it. */
  onProgress?(progress: { readonly done: number; readonly total: number }): Promise<void> | void;
  /** Called for each snapshot without a problem. */
  onSnapshot?(snapshot: StoredSnapshot): void;
}

/** How much was verified. */
export interface VerifiedCounts {
  readonly events: number;
  readonly streams: number;
  readonly snapshots: number;
}

const PAGE = 1_000;

const SELECT_EVENTS =
  `SELECT e.position, e.stream, s.name, e.version, e.id, t.name, e.schema_version, e.data, e.metadata, e.timestamp ` +
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
    return await verifyAll(driver, listeners);
  } catch (error) {
    throw toStoreError(driver, error);
  } finally {
    end?.();
  }
}

const NOTHING: VerifiedCounts = { events: 0, streams: 0, snapshots: 0 };

async function verifyAll(driver: SqliteDriver, listeners: VerifyListeners): Promise<VerifiedCounts> {
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
  const versions = new Map<number, number>();
  const head = await guarded("events", 0, () => verifyEvents(driver, versions, listeners));
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
  versions: Map<number, number>,
  { onProblem, onProgress }: VerifyListeners,
): Promise<number> {
  const select = driver.prepare(SELECT_EVENTS);
  const lowest = driver.prepare("SELECT min(position) FROM events").get()?.[0] as number | null;
  if (lowest !== null && lowest < 1) {
    onProblem({ kind: "event", where: `position ${lowest}`, what: "positions begin at 1" });
  }
  const total = (driver.prepare("SELECT max(position) FROM events").get()?.[0] as number | null) ?? 0;
  let position = 0;
  let timestamp = 0;

  for (let rows = select.all(0, PAGE); rows.length > 0; rows = select.all(position, PAGE)) {
    for (const row of rows) {
      const found = row[0] as number;
      if (found > position + 1) onProblem(missing(position + 1, found - 1));
      position = found;
      if (!isCount(found)) onProblem({ kind: "event", where: `position ${found}`, what: "no store gets so far" });
      const report = (what: string): void => onProblem({ kind: "event", where: `position ${found}`, what });
      verifyVersion(row, versions, report);
      verifyFields(row, report);
      const time = row[9] as number;
      if (!isTime(time)) report(`its timestamp ${time} is invalid`);
      if (time < timestamp) report(`its timestamp ${time} is less than ${timestamp}, that of an earlier event`);
      timestamp = Math.max(timestamp, time);
    }
    await onProgress?.({ done: position, total: Math.max(position, total) });
  }
  return position;
}

function missing(first: number, last: number): DatabaseProblem {
  const where = first === last ? `position ${first}` : `positions ${first} to ${last}`;
  return { kind: "event", where, what: "missing" };
}

function verifyVersion(row: SqliteRow, versions: Map<number, number>, report: (what: string) => void): void {
  const [, stream, name, version] = row as unknown as [number, number, string | null, number];
  const expected = (versions.get(stream) ?? 0) + 1;
  versions.set(stream, version);
  if (name === null) report("its stream has lost its name");
  else if (version !== expected) report(`it has version ${version} of stream "${name}", where ${expected} comes next`);
}

function verifyFields(row: SqliteRow, report: (what: string) => void): void {
  const [, , , , id, type, schemaVersion, data, metadata] = row;
  if (type === null) report("its type has lost its name");
  if (typeof id === "string" ? id === "" : !(id instanceof Uint8Array && id.length === 16)) report("its id is none");
  if ((schemaVersion as number) < 1) report(`its schema version is ${String(schemaVersion)}`);
  const parsed = data === null ? undefined : parse(data);
  if (parsed !== undefined && "problem" in parsed) report(`its data is ${parsed.problem}`);
  else if (isTooDeep(parsed?.value)) report("its data is nested too deep");
  if (metadata === null || metadata === undefined) return;
  const object = parse(metadata);
  if ("problem" in object) return report(`its metadata is ${object.problem}`);
  const { value } = object;
  if (typeof value !== "object" || value === null || Array.isArray(value)) report("its metadata is not a JSON object");
}

/** Reports streams without events: a stream is created together with its first event, so its events were lost. */
function verifyStreams(
  driver: SqliteDriver,
  versions: ReadonlyMap<number, number>,
  onProblem: VerifyListeners["onProblem"],
): number {
  const rows = driver.prepare("SELECT id, name FROM streams ORDER BY id").all() as unknown as [number, string][];
  for (const [id, name] of rows) {
    if (!versions.has(id)) onProblem({ kind: "stream", where: name, what: "it has no events any longer" });
  }
  return rows.length;
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
    const parsed = parse(state);
    if (stream === undefined) report("its stream has lost its name");
    else if (version > last) report(`it is ahead of the events, which end at ${last}`);
    else if (version < 1) report("versions begin at 1");
    else if ("problem" in parsed) report(`its state is ${parsed.problem}`);
    else if (isTooDeep(parsed.value)) report("its state is nested too deep");
    else onSnapshot?.({ stream, projection, schema, version, state });
  }
  return keys.length;
}
