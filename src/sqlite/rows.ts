import { isCanonicalUuid, uuidFromHex } from "../ids.ts";
import type { StoredRecord } from "../storage/protocol.ts";
import type { SqliteRow } from "./driver.ts";

/**
 * Makes what turns ids into what is stored: 16 bytes for a canonical UUID, else the text. The bytes are one buffer used over
 * and over: SQLite copies what is bound (https://sqlite.org/c3ref/bind_blob.html).
 */
export function createIdBinder(): (id: string) => Uint8Array | string {
  const bytes = new Uint8Array(16);
  return (id) => {
    if (!isCanonicalUuid(id)) return id;
    let at = 0;
    for (let index = 0; index < 36; index += 2) {
      if (id.charCodeAt(index) === HYPHEN) index += 1;
      bytes[at++] = (digit(id.charCodeAt(index)) << 4) | digit(id.charCodeAt(index + 1));
    }
    return bytes;
  };
}

const HYPHEN = 45;

/** The value of a hexadecimal digit in lower case. */
function digit(code: number): number {
  return code < 58 ? code - 48 : code - 87;
}

/** An id as text: "u" and 32 digits, or "t" and the text. */
export const ID_TEXT = "iif(typeof(e.id) = 'blob', 'u' || hex(e.id), 't' || e.id)";

/** The columns of {@link toRecord}, of events e left-joined with their names. */
export const RECORD_COLUMNS: string = `e.position, s.name, e.version, ${ID_TEXT}, t.name, e.schema_version, e.timestamp, e.metadata, e.data`;

/** Left joins: an event whose names are lost must be seen to be damaged, not be missing. */
export const JOINED_EVENTS = "events e LEFT JOIN streams s ON s.id = e.stream LEFT JOIN types t ON t.id = e.type";

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
  const text = id.startsWith("u") ? uuidFromHex(id.slice(1)) : id.slice(1);
  return { position, stream, version, id: text, type, schemaVersion, timestamp, metadata, data };
}
