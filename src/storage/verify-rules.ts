import { isCount, isTime } from "./plausible.ts";
import { isTooDeep, parse } from "./stored-json.ts";

/** Damage in a database, or a change that rivulet did not make. */
export interface DatabaseProblem {
  /** The part of the database that is wrong; "file": the file as SQLite sees it, or PostgreSQL's schema. */
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

/** A row of an event, whose values may be anything. */
export interface EventRow<Key> {
  readonly position: number;
  /** What identifies its stream. */
  readonly stream: Key;
  readonly name: string | null;
  readonly version: number;
  readonly hasId: boolean;
  readonly type: string | null;
  readonly schemaVersion: number;
  readonly data: unknown;
  readonly metadata: unknown;
  readonly timestamp: number;
}

/** Verifies events in the order of their positions. */
export interface EventChecks<Key> {
  verify(event: EventRow<Key>): void;
  /** The position of the last one. */
  readonly position: number;
  /** The newest version of each stream. */
  readonly versions: ReadonlyMap<Key, number>;
}

export function createEventChecks<Key>(onProblem: VerifyListeners["onProblem"]): EventChecks<Key> {
  const versions = new Map<Key, number>();
  let position = 0;
  let timestamp = 0;

  function verifyVersion({ stream, name, version }: EventRow<Key>, report: (what: string) => void): void {
    const expected = (versions.get(stream) ?? 0) + 1;
    versions.set(stream, version);
    if (name === null) report("its stream has lost its name");
    else if (version !== expected)
      report(`it has version ${version} of stream "${name}", where ${expected} comes next`);
  }

  return {
    versions,
    get position() {
      return position;
    },
    verify(event) {
      const { position: found, timestamp: time } = event;
      if (found > position + 1) onProblem(missing(position + 1, found - 1));
      position = found;
      if (!isCount(found)) onProblem({ kind: "event", where: `position ${found}`, what: "no store gets so far" });
      const report = (what: string): void => onProblem({ kind: "event", where: `position ${found}`, what });
      verifyVersion(event, report);
      verifyFields(event, report);
      if (!isTime(time)) report(`its timestamp ${time} is invalid`);
      if (time < timestamp) report(`its timestamp ${time} is less than ${timestamp}, that of an earlier event`);
      timestamp = Math.max(timestamp, time);
    },
  };
}

function missing(first: number, last: number): DatabaseProblem {
  const where = first === last ? `position ${first}` : `positions ${first} to ${last}`;
  return { kind: "event", where, what: "missing" };
}

function verifyFields(
  { hasId, type, schemaVersion, data, metadata }: EventRow<unknown>,
  report: (what: string) => void,
): void {
  if (type === null) report("its type has lost its name");
  if (!hasId) report("its id is none");
  if (schemaVersion < 1) report(`its schema version is ${String(schemaVersion)}`);
  const parsed = data === null ? undefined : parse(data);
  if (parsed !== undefined && "problem" in parsed) report(`its data is ${parsed.problem}`);
  else if (isTooDeep(parsed?.value)) report("its data is nested too deep");
  if (metadata === null || metadata === undefined) return;
  const object = parse(metadata);
  if ("problem" in object) return report(`its metadata is ${object.problem}`);
  const { value } = object;
  if (typeof value !== "object" || value === null || Array.isArray(value)) report("its metadata is not a JSON object");
}

/** Returns what is wrong with a snapshot, or undefined. `last` is the newest version of its stream. */
export function findSnapshotProblem(version: number, state: string, last: number): string | undefined {
  const parsed = parse(state);
  if (version > last) return `it is ahead of the events, which end at ${last}`;
  if (version < 1) return "versions begin at 1";
  if ("problem" in parsed) return `its state is ${parsed.problem}`;
  return isTooDeep(parsed.value) ? "its state is nested too deep" : undefined;
}

/** Returns what is wrong with a place in the events that end at `head`, such as a checkpoint; or undefined. */
export function findPlaceProblem(position: number, head: number): string | undefined {
  if (position < 0) return `it is at position ${position}, and none is negative`;
  return position > head ? `it is at position ${position}, ahead of the events, which end at ${head}` : undefined;
}
