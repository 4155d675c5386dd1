import { idFromText } from "../events/ids.ts";
import type { ParkedRecord, StoredRecord } from "../storage/protocol.ts";
import type { SqliteRow } from "./driver.ts";

/**
 * Returns a function that gives an id's stored form: 16 bytes for a canonical (lower-case) UUID, else the text. The bytes are in a
 * buffer that the next call overwrites: SQLite copies bound values (https://sqlite.org/c3ref/bind_blob.html).
 */
export function createIdBinder(): (id: string) => Uint8Array | string {
  const bytes = new Uint8Array(16);
  return (id) => {
    if (id.length !== 36) return id;
    let at = 0;
    for (let index = 0; index < 36; index += 2) {
      if (index === 8 || index === 13 || index === 18 || index === 23) {
        if (id.charCodeAt(index) !== HYPHEN) return id;
        index += 1;
      }
      const high = digit(id.charCodeAt(index));
      const low = digit(id.charCodeAt(index + 1));
      if (high < 0 || low < 0) return id;
      bytes[at++] = (high << 4) | low;
    }
    return bytes;
  };
}

const HYPHEN = 45;

/** The value of a lower-case hexadecimal digit; -1 for any other character. */
function digit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  return code >= 97 && code <= 102 ? code - 87 : -1;
}

/** An SQL expression for an event's id as text: "u" and 32 hexadecimal digits, or "t" and the id. */
export const ID_TEXT = "iif(typeof(e.id) = 'blob', 'u' || hex(e.id), 't' || e.id)";

/** Returns an id in the form of {@link ID_TEXT}. */
export function idText(id: string): string {
  return CANONICAL_UUID.test(id) ? `u${id.replaceAll("-", "")}` : `t${id}`;
}

const CANONICAL_UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

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
