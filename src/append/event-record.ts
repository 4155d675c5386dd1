import { EventStoreError, invalidArgument } from "../errors.ts";
import type { CausingEvent, Metadata, NewEvent } from "../event.ts";
import type { EventFormat } from "../events/event-format.ts";
import { toJson } from "../events/json.ts";
import { checkId, checkName } from "../validate.ts";
import type { EventRecord } from "../storage/protocol.ts";

/** What new events are made with. */
export interface RecordMaker {
  readonly newId: () => string;
  readonly format?: EventFormat | undefined;
  /** Metadata for each; the event's own comes first. */
  readonly shared?: Metadata | undefined;
}

/** Checks a new event and turns it into what the storage takes; `path` names it in errors. */
export function toRecord(event: NewEvent, path: string, { newId, format, shared }: RecordMaker): EventRecord {
  if (typeof event !== "object" || event === null) {
    throw new EventStoreError("invalid-event", `${path}: an event is an object with a type`, { path });
  }
  checkName(event.type, `${path}.type`, "event type");
  const id = event.id === undefined ? newId() : event.id;
  checkId(id, `${path}.id`);
  const { data, schemaVersion } = format?.write(event.type, event.data, path) ?? { data: event.data, schemaVersion: 1 };
  return {
    id,
    type: event.type,
    schemaVersion,
    data: data === undefined ? null : toJson(data, `${path}.data`),
    metadata: toMetadata(event.metadata, `${path}.metadata`, shared),
  };
}

/** The metadata of what an event causes. Throws `invalid-argument`. */
export function causedBy(cause: CausingEvent | undefined): Metadata | undefined {
  if (cause === undefined) return undefined;
  if (typeof cause?.id !== "string") throw invalidArgument("causedBy", "causedBy must be an event that was stored");
  const { id, metadata } = cause;
  return { causationId: id, correlationId: metadata?.["correlationId"] ?? id };
}

function toMetadata(metadata: unknown, path: string, shared: Metadata | undefined): string | null {
  if (metadata === undefined) return shared === undefined ? null : JSON.stringify(shared);
  if (typeof metadata !== "object" || metadata === null || Array.isArray(metadata)) {
    throw new EventStoreError("invalid-event", `${path}: metadata is a JSON object`, { path });
  }
  const text = toJson(metadata, path);
  if (shared !== undefined) return JSON.stringify({ ...shared, ...metadata });
  return text === "{}" ? null : text;
}
