import type { ParkedRecord, StoredRecord } from "../storage/protocol.ts";
import type { PostgresRow } from "./driver.ts";
import { toNumber } from "./values.ts";

/** An event's id as text. */
export const ID = "coalesce(e.uuid::text, e.id)";

/** The time of an event. */
export const EVENT_TIME = "coalesce(e.recorded, e.timestamp)";

/** The columns that {@link toRecord} reads. */
export const RECORD_COLUMNS: string = `e.position, e.stream, e.version, ${ID}, e.type, e.schema_version, ${EVENT_TIME}, e.metadata, e.data`;

export function toRecord(row: PostgresRow): StoredRecord {
  const [position, stream, version, id, type, schemaVersion, timestamp, metadata, data] = row;
  return {
    position: toNumber(position),
    stream: stream as string,
    version: toNumber(version),
    id: id as string,
    type: type as string,
    schemaVersion: toNumber(schemaVersion),
    timestamp: toNumber(timestamp),
    metadata: metadata as string | null,
    data: data as string | null,
  };
}

/** Selects an owner's parked events. Id and type are empty if an event is no longer stored. `s`: the schema's quoted name. */
export function selectParked(s: string): string {
  return (
    `SELECT p.position, p.message, p.timestamp, p.attempts, coalesce(${ID}, ''), coalesce(e.type, '') FROM ${s}.parked p ` +
    `LEFT JOIN ${s}.events e ON e.position = p.position WHERE p.owner = $1`
  );
}

/** Converts a row of {@link selectParked}. The message is stored as JSON, because an error's message may be any text. */
export function toParked(row: PostgresRow): ParkedRecord {
  const [position, message, timestamp, attempts, id, type] = row as readonly string[];
  return {
    position: toNumber(position),
    message: JSON.parse(message as string) as string,
    timestamp: toNumber(timestamp),
    attempts: toNumber(attempts),
    id: id as string,
    type: type as string,
  };
}
