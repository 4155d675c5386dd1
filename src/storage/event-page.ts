import { EventStoreError } from "../errors.ts";
import type { Metadata, StoredEvent } from "../event.ts";
import { idFromText } from "../events/ids.ts";
import { decodeUtf8 } from "../platform.ts";
import type { EventPage, StoredRecord } from "./protocol.ts";
import { stringify, type JsonText } from "../events/json.ts";

/** The text of a page's rows, as {@link EventPage} describes it. Storages that speak SQL build the same there. */
export function encodeRows(records: readonly StoredRecord[]): string {
  return `[${records.map(encodeRow).join()}]`;
}

function encodeRow(record: StoredRecord): string {
  const { position, stream, version, id, type, schemaVersion, timestamp, metadata, data } = record;
  const plain = stringify([position, stream, version, `t${id}`, type, schemaVersion, timestamp]);
  return `${plain.slice(0, -1)},${metadata ?? "null"}${data === null ? "" : `,${data}`}]`;
}

/**
 * The events of a page. A row that is not what was written is an error (`storage-corrupt`), never skipped. Its position
 * is told where the page holds one row: a reader that meets the error in a larger page goes on row by row.
 */
export function decodePage(page: EventPage): StoredEvent[] {
  const text = typeof page.rows === "string" ? page.rows : decodeUtf8(page.rows);
  let cause: unknown;
  try {
    const rows: unknown = JSON.parse(text);
    if (Array.isArray(rows) && rows.length === page.count) return rows.map(decodeRow);
  } catch (error) {
    // Also what is no list at all.
    cause = error;
  }
  throw corrupt(page.count === 1 ? positionIn(text) : undefined, cause);
}

/** The position stands first in a row, so it can be read where the rest cannot. */
function positionIn(text: string): number | undefined {
  const digits = /^\[\[(\d+),/.exec(text)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function decodeRow(row: unknown): StoredEvent {
  // By their places: taking the row apart as a pattern goes through an iterator, a fifth of the decoding.
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

/** The event that a stored record stands for. Throws `storage-corrupt`. */
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
 * The JSON text of an event that was read, or of a part of it. Throws `storage-corrupt` where it is nested deeper than the engine can
 * write it: no event is stored so.
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
