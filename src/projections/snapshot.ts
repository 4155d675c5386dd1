import { invalidArgument, isEventStoreError } from "../errors.ts";
import { toJson } from "../events/json.ts";
import { unreadable } from "../storage/event-page.ts";
import { checkInteger, checkName, checkOptions } from "../validate.ts";
import type { EventStorage, SnapshotRecord } from "../storage/protocol.ts";

/** A state to save, folded from a stream's events up to a version. */
export interface NewSnapshot<State = unknown> {
  /** The projection's name. A stream can have snapshots of several projections. */
  readonly projection: string;
  /** The version of the state's shape, from 1; default 1. Raise it when the shape or the projection changes, so that old snapshots are ignored. */
  readonly schema?: number | undefined;
  /** The version up to which events are in the state; at most the stream's version. */
  readonly version: number;
  /** The state, any JSON value. */
  readonly state: State;
}

/** A saved state. */
export interface Snapshot<State = unknown> {
  /** The projection's name. */
  readonly projection: string;
  /** The version of the state's shape. */
  readonly schema: number;
  /** The version up to which events are in the state. */
  readonly version: number;
  /** The state. */
  readonly state: State;
  /** When it was saved, in milliseconds since the epoch. */
  readonly timestamp: number;
}

/** Which snapshot to load. */
export interface LoadSnapshotOptions {
  /** Loads a snapshot of this schema, from 1; default 1. */
  readonly schema?: number | undefined;
  /** Loads the newest snapshot up to this version, inclusive; default: the newest of all. */
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
  return { projection, schema, version: found.version, state: parseState(found), timestamp: found.timestamp };
}

export function parseState({ stream, projection, version, state }: SnapshotRecord): unknown {
  try {
    return JSON.parse(state);
  } catch (error) {
    throw unreadable(`the snapshot of "${projection}", version ${version} of stream "${stream}",`, {}, error);
  }
}

/** Writes a state as JSON. `whose` is the beginning of the message of an error. */
export function stateToJson(state: unknown, whose = ""): string {
  try {
    return toJson(state, "state");
  } catch (error) {
    // The rules are those of an event's data, but the invalid value is an argument here.
    if (isEventStoreError(error, "invalid-event")) throw invalidArgument(error.details.path, whose + error.message);
    throw error;
  }
}
