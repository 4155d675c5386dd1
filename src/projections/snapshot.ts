import { EventStoreError, invalidArgument, isEventStoreError } from "../errors.ts";
import { toJson } from "../events/json.ts";
import { checkInteger, checkName, checkOptions } from "../validate.ts";
import type { EventStorage } from "../storage/protocol.ts";

/** A state to save: what a projection makes of a stream's events up to a version. */
export interface NewSnapshot<State = unknown> {
  /** The projection's name: a stream may have snapshots of several side by side. */
  readonly projection: string;
  /** Of the state's shape; default 1. Raise it when the shape or the projection changes: old snapshots are then ignored. */
  readonly schema?: number | undefined;
  /** The version up to which events are in the state; not beyond the stream's own. */
  readonly version: number;
  /** Any JSON value. */
  readonly state: State;
}

export interface Snapshot<State = unknown> {
  readonly projection: string;
  readonly schema: number;
  readonly version: number;
  readonly state: State;
  /** When it was saved, in milliseconds since the epoch. */
  readonly timestamp: number;
}

export interface LoadSnapshotOptions {
  /** Only snapshots of this schema; default 1. */
  readonly schema?: number | undefined;
  /** Only snapshots at or below this version; default: the newest. */
  readonly upTo?: number | undefined;
}

export async function saveSnapshot(
  storage: EventStorage,
  stream: string,
  snapshot: NewSnapshot,
  timestamp: number,
): Promise<void> {
  checkOptions(snapshot, ["projection", "version", "state", "schema"], "snapshot");
  const { projection, schema = 1, version, state } = snapshot;
  checkName(projection, "projection");
  checkInteger(schema, "schema", 1);
  checkInteger(version, "version", 1);
  await storage.saveSnapshot({ stream, projection, schema, version, state: stateToJson(state), timestamp });
}

export async function loadSnapshot(
  storage: EventStorage,
  stream: string,
  projection: string,
  options: LoadSnapshotOptions,
): Promise<Snapshot | undefined> {
  checkOptions(options, ["schema", "upTo"]);
  const { schema = 1, upTo = Number.MAX_SAFE_INTEGER } = options;
  checkName(projection, "projection");
  checkInteger(schema, "schema", 1);
  checkInteger(upTo, "upTo", 0);
  const found = await storage.loadSnapshot({ stream, projection, schema, upTo });
  if (found === undefined) return undefined;
  return { projection, schema, version: found.version, state: parseState(found.state), timestamp: found.timestamp };
}

export function parseState(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const message = "a snapshot cannot be read: fold the events and save it anew";
    throw new EventStoreError("storage-corrupt", message, {}, error);
  }
}

export function stateToJson(state: unknown): string {
  try {
    return toJson(state, "state");
  } catch (error) {
    // The same rules as for an event's data, but it is no event that is wrong here.
    if (isEventStoreError(error, "invalid-event")) throw invalidArgument(error.details.path, error.message);
    throw error;
  }
}
