import { idFromText } from "../events/ids.ts";
import type { ParkedRecord, StoredRecord } from "../storage/protocol.ts";
import type { SqliteRow } from "./driver.ts";

/** An SQL expression for an event's id as text: "u" and 32 hexadecimal digits, or "t" and the id. */
export const ID_TEXT = "iif(typeof(e.id) = 'blob', 'u' || hex(e.id), 't' || e.id)";

/** Returns an id in the form of {@link ID_TEXT}. */
export function idText(id: string): string {
  return isCanonicalUuid(id) ? `u${id.replaceAll("-", "")}` : `t${id}`;
}

/** Whether an id is a UUID in lower case, of which the 16 bytes are stored. Any other id is stored as its text. */
export function isCanonicalUuid(id: string): boolean {
  return CANONICAL_UUID.test(id);
}

const DIGIT = "[0-9a-f]";

/** Each digit is written out: V8 takes half the time for it that it takes for counted repetitions. */
const CANONICAL_UUID = new RegExp(`^${[8, 4, 4, 4, 12].map((digits) => DIGIT.repeat(digits)).join("-")}$`);

/** An SQL expression for an id's stored form, from a `value` in the form of {@link ID_TEXT}. */
export const TEXT_ID = "iif(substr(value, 1, 1) = 'u', unhex(substr(value, 2)), substr(value, 2))";

/** An SQL expression for the time of an event. */
export const EVENT_TIME = "ifnull(e.recorded, e.timestamp)";

/** The columns that {@link toRecord} reads, of {@link JOINED_EVENTS}. */
export const RECORD_COLUMNS: string = `e.position, s.name, e.version, ${ID_TEXT}, t.name, e.type_version, ${EVENT_TIME}, e.metadata, e.data`;

/** Events with the names of their streams and types. The joins are left joins, so that an event without them is reported as damaged. */
export const JOINED_EVENTS = "events e LEFT JOIN streams s ON s.id = e.stream LEFT JOIN types t ON t.id = e.type";

/** Selects an owner's parked events. Id and type are empty if an event is no longer stored. */
export const SELECT_PARKED: string =
  `SELECT p.position, p.message, p.timestamp, p.attempts, coalesce(${ID_TEXT}, 't'), coalesce(t.name, '') FROM parked p ` +
  "LEFT JOIN events e ON e.position = p.position LEFT JOIN types t ON t.id = e.type WHERE p.owner = ?";

/** Converts a row of {@link SELECT_PARKED}. */
export function toParked(row: SqliteRow): ParkedRecord {
  const [position, message, timestamp, attempts, id, type] = row as [number, string, number, number, string, string];
  return { position, message, timestamp, attempts, id: idFromText(id), type };
}

export function toRecord(row: SqliteRow): StoredRecord {
  const [position, stream, version, id, type, schemaVersion, timestamp, metadata, data] = row as [
    number,
    string,
    number,
    string,
    string,
    number,
    number,
    string | null,
    string | null,
  ];
  const text = idFromText(id);
  return { position, stream, version, id: text, type, schemaVersion, timestamp, metadata, data };
}
