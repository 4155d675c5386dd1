import type { Database, PreparedStatement } from "@sqlite.org/sqlite-wasm";

const PAGE = 1_000;

const SELECT_ROWS =
  "SELECT e.position, s.name AS stream, e.version, e.id, t.name AS type, e.schema_version, e.data, e.metadata, e.timestamp " +
  "FROM events e JOIN streams s ON s.id = e.stream JOIN types t ON t.id = e.type WHERE e.position > ? ORDER BY e.position LIMIT ?";

interface RawRow {
  readonly position: number;
  readonly stream: string;
  readonly version: number;
  readonly id: Uint8Array;
  readonly type: string;
  readonly schema_version: number;
  readonly data: string;
  readonly metadata: string | null;
  readonly timestamp: number;
}

/** In the worker: rows as oo1's objects, a page a message, sent without being waited for; an empty page is the end. */
export function sendRows(database: Database, port: MessagePort, count: number): void {
  using(database.prepare(SELECT_ROWS), (select) => {
    for (let position = 0; position < count; position += PAGE) {
      const rows: unknown[] = [];
      select.bind([position, Math.min(PAGE, count - position)]);
      while (select.step()) rows.push(select.get({}));
      select.reset();
      port.postMessage(rows);
    }
    port.postMessage([]);
  });
}

/** In the tab: parses the rows. Resolves with their number. */
export function takeRows(port: MessagePort): Promise<number> {
  return new Promise((resolve) => {
    let count = 0;
    port.addEventListener("message", function take({ data: rows }: MessageEvent<readonly RawRow[]>) {
      for (const row of rows) count += toEvent(row).data === undefined ? 0 : 1;
      if (rows.length > 0) return;
      port.removeEventListener("message", take);
      resolve(count);
    });
    port.start();
  });
}

function toEvent(row: RawRow): { readonly data: unknown } {
  const event = {
    position: row.position,
    stream: row.stream,
    version: row.version,
    id: idText(row.id),
    type: row.type,
    data: JSON.parse(row.data) as unknown,
    metadata: JSON.parse(row.metadata ?? "{}") as unknown,
    schemaVersion: row.schema_version,
    timestamp: row.timestamp,
  };
  return event;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

function idText(bytes: Uint8Array): string {
  let hex = "";
  for (const byte of bytes) hex += HEX[byte];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

function using<T>(statement: PreparedStatement, work: (statement: PreparedStatement) => T): T {
  try {
    return work(statement);
  } finally {
    statement.finalize();
  }
}
