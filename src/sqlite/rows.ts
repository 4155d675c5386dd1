import { idFromText } from "../events/ids.ts";
import type { ParkedRecord, StoredRecord } from "../storage/protocol.ts";
import type { SqliteRow } from "./driver.ts";

/**
 * Makes what turns ids into what is stored: 16 bytes for a canonical UUID (lower case), else the text. The bytes are one
 * buffer used over and over: SQLite copies what is bound (https://sqlite.org/c3ref/bind_blob.html).
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

/** An id as text: "u" and 32 digits, or "t" and the text. */
export const ID_TEXT = "iif(typeof(e.id) = 'blob', 'u' || hex(e.id), 't' || e.id)";

/** What {@link ID_TEXT} makes of an id, before it is stored. */
export function idText(id: string): string {
  return CANONICAL_UUID.test(id) ? `u${id.replaceAll("-", "")}` : `t${id}`;
}

const CANONICAL_UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

/** From that text, `value`, what is stored. */
export const TEXT_ID = "iif(substr(value, 1, 1) = 'u', unhex(substr(value, 2)), substr(value, 2))";

/** The columns of {@link toRecord}, of events e left-joined with their names. */
export const RECORD_COLUMNS: string = `e.position, s.name, e.version, ${ID_TEXT}, t.name, e.schema_version, e.timestamp, e.metadata, e.data`;

/** Left joins: an event whose names are lost must be seen to be damaged, not be missing. */
export const JOINED_EVENTS = "events e LEFT JOIN streams s ON s.id = e.stream LEFT JOIN types t ON t.id = e.type";

/** What is parked with the events' ids and types, which are empty where an event is gone: it is parked all the same. */
export const SELECT_PARKED: string =
  `SELECT p.position, p.message, p.timestamp, p.attempts, coalesce(${ID_TEXT}, 't'), coalesce(t.name, '') FROM parked p ` +
  "LEFT JOIN events e ON e.position = p.position LEFT JOIN types t ON t.id = e.type WHERE p.owner = ?";

/** A row of {@link SELECT_PARKED}. */
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
