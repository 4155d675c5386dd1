/** What a read by hand selects. */
export const COLUMNS =
  "e.position, s.name AS stream, e.version, e.id, t.name AS type, e.schema_version, e.data, e.metadata, e.timestamp";
export const JOINED = "events e JOIN streams s ON s.id = e.stream JOIN types t ON t.id = e.type";

export interface RawRow {
  readonly position: number;
  readonly stream: string;
  readonly version: number;
  readonly id: Buffer;
  readonly type: string;
  readonly schema_version: number;
  readonly data: string;
  readonly metadata: string | null;
  readonly timestamp: number;
}

export interface ParsedEvent {
  readonly position: number;
  readonly data: unknown;
}

/** An event of a row that is a list, as `raw()` of better-sqlite3 gives it. */
export function toEvent(row: unknown[]): ParsedEvent {
  const [position, stream, version, id, type, schema_version, data, metadata, timestamp] = row as [
    number,
    string,
    number,
    Buffer,
    string,
    number,
    string,
    string | null,
    number,
  ];
  return fromObject({ position, stream, version, id, type, schema_version, data, metadata, timestamp });
}

export function fromObject(row: RawRow): ParsedEvent {
  const hex = row.id.toString("hex");
  const event = {
    position: row.position,
    stream: row.stream,
    version: row.version,
    id: `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`,
    type: row.type,
    data: JSON.parse(row.data) as unknown,
    metadata: JSON.parse(row.metadata ?? "{}") as unknown,
    schemaVersion: row.schema_version,
    timestamp: row.timestamp,
  };
  return event;
}
