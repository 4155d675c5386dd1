import { invalidArgument, isEventStoreError } from "../errors.ts";
import { toJson } from "../events/json.ts";
import { unreadable } from "../storage/event-page.ts";
import type { Event, StoredEvent } from "../event.ts";
import type { SnapshotRecord } from "../storage/protocol.ts";
import type { StoreContext } from "../storage/store-context.ts";
import { checkInteger, checkPosition, checkName, checkOptions } from "../validate.ts";

/** What has snapshots: a projection or a decider. */
export interface Snapshotted<State, E extends Event = Event> {
  /** The name of the projection or decider. */
  readonly name: string;
  /** For rivulet itself. */
  readonly _rivulet: {
    readonly events?: E;
    readonly kept: KeptAs;
    step(state: State, event: StoredEvent): State;
  };
}

/** The name and the schema under which snapshots are stored. */
export interface KeptAs {
  readonly projection: string;
  readonly schema: number;
}

/** A state to save, folded from a stream's events up to a version. */
export interface NewSnapshot<State = unknown> {
  /**
   * The projection or decider whose state it is, which then loads from it if it has a snapshot policy; or any name. A stream can have
   * snapshots of several.
   */
  readonly projection: string | Snapshotted<State>;
  /**
   * The version of the state's shape, from 1; default: that of the definition, and 1 for a name. Raise it when the shape or the
   * projection changes, so that old snapshots are ignored.
   */
  readonly schema?: number | undefined;
  /** The version up to which events are in the state; at most the stream's version. */
  readonly version: number;
  /** The state, any JSON value. */
  readonly state: State;
}

/** A saved state. */
export interface Snapshot<State = unknown> {
  /** The name under which it is stored: that of a projection, or `decider/` and that of a decider. */
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
  /** Loads a snapshot of this schema, from 1; default: that of the definition, and 1 for a name. */
  readonly schema?: number | undefined;
  /** Loads the newest snapshot up to this version, inclusive; default: the newest of all. */
  readonly upTo?: number | undefined;
}

export async function saveSnapshot(context: StoreContext, stream: string, snapshot: NewSnapshot): Promise<void> {
  context.ensureOpen();
  checkOptions(snapshot, ["projection", "version", "state", "schema"], "snapshot");
  const { version, state } = snapshot;
  const kept = keptAs(snapshot.projection, snapshot.schema);
  checkInteger(version, "version", 1);
  const timestamp = context.clock();
  await context.storage.saveSnapshot({ stream, ...kept, version, state: stateToJson(state), timestamp });
}

export async function loadSnapshot(
  context: StoreContext,
  stream: string,
  projection: string | Snapshotted<unknown>,
  options: LoadSnapshotOptions = {},
): Promise<Snapshot | undefined> {
  context.ensureOpen();
  checkOptions(options, ["schema", "upTo"]);
  const { schema, upTo = Number.MAX_SAFE_INTEGER } = options;
  const kept = keptAs(projection, schema);
  checkPosition(upTo, "upTo");
  const found = await context.storage.loadSnapshot({ stream, ...kept, upTo });
  return found && { ...kept, version: found.version, state: parseState(found), timestamp: found.timestamp };
}

/** Returns under which name and schema snapshots are stored, which a definition knows. @throws `invalid-argument`. */
function keptAs(given: string | Snapshotted<unknown>, schema?: number): KeptAs {
  let kept = (given as Partial<Snapshotted<unknown>> | null | undefined)?._rivulet?.kept;
  if (kept === undefined) {
    checkName(given, "projection");
    kept = { projection: given, schema: 1 };
  }
  if (schema === undefined) return kept;
  checkInteger(schema, "schema", 1);
  return { ...kept, schema };
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
