import { EventStoreError } from "../errors.ts";
import type { EventField, Metadata, StoredEvent } from "../event.ts";
import { idFromText } from "../events/ids.ts";
import { decodeUtf8 } from "../platform.ts";
import type { EventPage, StoredRecord } from "./protocol.ts";
import { stringify, type JsonText } from "../events/json.ts";

/** The fields that a reader may do without. */
export const EVENT_FIELDS: readonly EventField[] = [
  "stream",
  "version",
  "id",
  "schemaVersion",
  "timestamp",
  "metadata",
];

/** Writes the rows of an {@link EventPage} as text. SQL storages build the same text in SQL. */
export function encodeRows(records: readonly StoredRecord[]): string {
  return `[${records.map(encodeRow).join()}]`;
}

/** Writes one of these rows. */
export function encodeRow(record: StoredRecord): string {
  const { position, stream, version, id, type, schemaVersion, timestamp, metadata, data } = record;
  const plain = stringify([position, stream, version, `t${id}`, type, schemaVersion, timestamp]);
  return `${plain.slice(0, -1)},${metadata ?? "null"}${data === null ? "" : `,${data}`}]`;
}

/**
 * Decodes the events of a page.
 *
 * @throws `storage-corrupt` for a damaged row, which is never skipped. The error has the position if the page holds one row only, so a
 * reader of a larger page reads again row by row.
 */
export function decodePage(page: EventPage): StoredEvent[] {
  const text = typeof page.rows === "string" ? page.rows : decodeUtf8(page.rows);
  let cause: unknown;
  try {
    const rows: unknown = JSON.parse(text);
    if (Array.isArray(rows) && rows.length === page.count) return rows.map(decodeRow);
  } catch (error) {
    cause = error;
  }
  // The position is the first field of a row, and can be read even if the rest is damaged.
  const digits = page.count === 1 ? /^\[\[(\d+),/.exec(text) : null;
  throw corrupt(digits ? Number(digits[1]) : undefined, cause);
}

function decodeRow(row: unknown): StoredEvent {
  // By index: array destructuring uses an iterator, which would take a fifth of the decoding time.
  const fields = row as readonly unknown[];
  const position = fields[0];
  const stream = fields[1];
  const version = fields[2];
  const id = fields[3];
  const type = fields[4];
  const schemaVersion = fields[5];
  const timestamp = fields[6];
  const metadata = fields[7];
  if (
    fields.length > 9 ||
    typeof position !== "number" ||
    typeof stream !== "string" ||
    typeof version !== "number" ||
    typeof id !== "string" ||
    typeof type !== "string" ||
    typeof schemaVersion !== "number" ||
    typeof timestamp !== "number" ||
    typeof metadata !== "object" ||
    Array.isArray(metadata)
  ) {
    throw corrupt(undefined);
  }
  return {
    position,
    stream,
    version,
    id: idFromText(id),
    type,
    data: fields[8],
    metadata: (metadata as Metadata | null) ?? {},
    schemaVersion,
    timestamp,
  };
}

/** Decodes a stored record. @throws `storage-corrupt`. */
export function toStoredEvent(record: StoredRecord): StoredEvent {
  return {
    position: record.position,
    stream: record.stream,
    version: record.version,
    id: record.id,
    type: record.type,
    data: record.data === null ? undefined : parse(record.data, record),
    metadata: record.metadata === null ? {} : (parse(record.metadata, record) as Metadata),
    schemaVersion: record.schemaVersion,
    timestamp: record.timestamp,
  };
}

function parse(text: JsonText, { position }: StoredRecord): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw corrupt(position, error);
  }
}

/**
 * Writes an event that was read, or a part of it, as JSON text.
 *
 * @throws `storage-corrupt` if it is nested deeper than the engine can write, because no stored event is.
 */
export function writeJson(value: unknown, { position }: Pick<StoredEvent, "position">): JsonText {
  try {
    return stringify(value);
  } catch (error) {
    throw error instanceof RangeError ? corrupt(position, error) : error;
  }
}

/** The error for an event that cannot be read. */
export function corrupt(position: number | undefined, cause?: unknown): EventStoreError<"storage-corrupt"> {
  return position === undefined
    ? unreadable("an event", {}, cause)
    : unreadable(`the event at position ${position}`, { position }, cause);
}

/** The error for something in the storage that cannot be read. */
export function unreadable(
  what: string,
  details: { readonly position?: number } = {},
  cause?: unknown,
): EventStoreError<"storage-corrupt"> {
  const message = `${what} cannot be read: it was damaged, or changed by something other than rivulet`;
  return new EventStoreError("storage-corrupt", message, details, cause);
}
