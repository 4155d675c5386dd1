import type { Metadata, StoredEvent } from "../event.ts";
import type { EventFormat } from "../events/event-format.ts";
import { matches } from "../events/filter.ts";
import { idFromText } from "../events/ids.ts";
import { decodeUtf8 } from "../platform.ts";
import { readPage } from "../read/event-codec.ts";
import { corrupt } from "../storage/event-page.ts";
import type { EventPage, RecordFilter } from "../storage/protocol.ts";

/**
 * Decodes a page that was asked for with `columns`, and filters its events. A storage may answer with rows all the same.
 *
 * @throws `storage-corrupt` for a damaged page, with the position if it holds one event only.
 */
export function readColumns(page: EventPage, format?: EventFormat, filter?: RecordFilter): StoredEvent[] {
  const { count } = page;
  const rows = typeof page.rows === "string" ? page.rows : decodeUtf8(page.rows);
  if (!rows.startsWith('[["')) return readPage({ ...page, rows }, format, filter);
  try {
    const events = toEvents(columnsIn(JSON.parse(rows) as Lists), count, filter?.types ?? []);
    return filter === undefined ? events : events.filter((event) => matches(filter, event));
  } catch (error) {
    const position = /^\[\["position"[^\]]*\],\[(\d+)\]/.exec(rows)?.[1];
    throw corrupt(position === undefined ? undefined : Number(position), error);
  }
}

/** The names of columns, then the columns, as they may be if the page is damaged. */
type Lists = readonly [names: readonly string[], ...columns: readonly unknown[]];

type Columns = ReadonlyMap<string, unknown>;

/** @throws a TypeError unless there are as many columns as names. */
function columnsIn([names, ...columns]: Lists): Columns {
  if (columns.length !== names.length) throw new TypeError("columns");
  return new Map(names.map((name, index) => [name, columns[index]]));
}

/** @throws a TypeError if a column is not as it must be. */
function toEvents(columns: Columns, count: number, types: readonly string[]): StoredEvent[] {
  const absent = new Set(valuesOf(columns, "absent", "number"));
  const [only] = types.length === 1 ? types : [];
  const position = valuesOf(columns, "position", "number", count) as readonly number[];
  const [mark] = valuesOf(columns, "data");
  const data = markedIn(columns, "data", mark, count - absent.size);
  const type = only === undefined ? (valuesOf(columns, "type", "string", count) as readonly string[]) : undefined;
  const stream = valuesIn(columns, "stream", "string", count) as readonly string[] | undefined;
  const version = valuesIn(columns, "version", "number", count) as readonly number[] | undefined;
  const id = valuesIn(columns, "id", "string", count) as readonly string[] | undefined;
  const schemaVersion = valuesIn(columns, "schemaVersion", "number", count) as readonly number[] | undefined;
  const timestamp = valuesIn(columns, "timestamp", "number", count) as readonly number[] | undefined;
  const metadata = columns.has("metadata") ? markedIn(columns, "metadata", mark, count) : undefined;
  const events: StoredEvent[] = [];
  for (let index = 0, next = 0; index < count; index++) {
    const at = position[index] as number;
    events.push({
      position: at,
      stream: stream?.[index] ?? "",
      version: version?.[index] ?? 0,
      id: id === undefined ? "" : idFromText(id[index] as string),
      type: only ?? (type?.[index] as string),
      data: absent.size > 0 && absent.has(at) ? undefined : data[2 * next++ + 1],
      metadata: metadata === undefined ? {} : metadataFrom(metadata[2 * index + 1]),
      schemaVersion: schemaVersion?.[index] ?? 0,
      timestamp: timestamp?.[index] ?? 0,
    });
  }
  return events;
}

/** The same as {@link valuesOf} for a column that may be missing, because it was not asked for. */
function valuesIn(columns: Columns, name: string, type: string, count: number): readonly unknown[] | undefined {
  return columns.has(name) ? valuesOf(columns, name, type, count) : undefined;
}

/**
 * Returns a column of stored texts with the marks between them. With all marks in their places, each text between two of them is one
 * value: damaged texts cannot complete or replace each other, because none of them has the mark.
 *
 * @throws a TypeError unless a column has so many values, each between two marks.
 */
function markedIn(columns: Columns, name: string, mark: unknown, count: number): readonly unknown[] {
  const values = valuesOf(columns, name, undefined, 2 * count + 1);
  if (typeof mark !== "number") throw new TypeError(name);
  for (let index = 0; index < values.length; index += 2) if (values[index] !== mark) throw new TypeError(name);
  return values;
}

/** @throws a TypeError unless the value is an object or null. */
function metadataFrom(value: unknown): Metadata {
  if (typeof value !== "object" || Array.isArray(value)) throw new TypeError("metadata");
  return (value as Metadata | null) ?? {};
}

/** @throws a TypeError unless a column has so many values, each of the type. */
function valuesOf(columns: Columns, name: string, type?: string, count?: number): readonly unknown[] {
  const values = columns.get(name);
  if (!Array.isArray(values) || values.length !== (count ?? values.length)) throw new TypeError(name);
  if (type !== undefined && values.some((value) => typeof value !== type || Array.isArray(value)))
    throw new TypeError(name);
  return values as readonly unknown[];
}
