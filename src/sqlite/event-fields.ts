import type { EventField } from "../event.ts";
import { fillRandom } from "../platform.ts";
import { EVENT_FIELDS } from "../storage/event-page.ts";
import type { PageQuery } from "../storage/protocol.ts";
import { EVENT_TIME, ID_TEXT } from "./rows.ts";

/** What a page may have of an event, beside position and data. */
type Column = EventField | "type";

/** Each as JSON text, and the text in its place where it is not asked for. */
const JSON_OF: Readonly<Record<Column, readonly [sql: string, empty: string]>> = {
  stream: ["json_quote(s.name)", "'\"\"'"],
  version: ["e.version", "'0'"],
  id: [`json_quote(${ID_TEXT})`, "'\"t\"'"],
  type: ["json_quote(t.name)", ""],
  schemaVersion: ["e.type_version", "'0'"],
  timestamp: [EVENT_TIME, "'0'"],
  metadata: ["ifnull(e.metadata, 'null')", "'null'"],
};

/**
 * Metadata in a row. That of an event without data is the last field, so what is damaged could be read as metadata and data: it is then
 * left as no JSON at all, with which the row cannot be read.
 */
const LAST_METADATA = "ifnull(iif(e.data IS NULL AND NOT json_valid(e.metadata), '!', e.metadata), 'null')";

/**
 * An event's fields as JSON text, in the form that `EventPage` describes. SQLite builds the text, which is faster than returning
 * columns. concat_ws skips NULLs, so absent data is left out (https://sqlite.org/lang_corefunc.html#concat_ws). With few fields, a page
 * takes half the time.
 */
export function fieldsSql(fields?: readonly EventField[]): string {
  const all = Object.entries({ ...JSON_OF, metadata: [LAST_METADATA, JSON_OF.metadata[1]] }).map(
    ([column, [sql, empty]]) => (column === "type" || (fields?.includes(column as EventField) ?? true) ? sql : empty),
  );
  return `concat_ws(',', e.position, ${all.join(", ")}, e.data)`;
}

/**
 * The columns of a page beside position and data; undefined if its events are to be rows, as those of one stream, whose keys are no
 * positions. In one order, so that there are few statements, whatever is asked for. The type is left out where the filter tells it.
 */
export function columnsOf({ stream, columns, fields, filter }: PageQuery): readonly Column[] | undefined {
  if (columns !== true || fields === undefined || stream !== undefined) return undefined;
  const asked = EVENT_FIELDS.filter((field) => fields.includes(field));
  return filter?.types?.length === 1 ? asked : ["type", ...asked];
}

/** The columns of an event, which {@link columnsText} puts together. */
export function columnsSql(columns: readonly Column[]): string {
  return ["e.data AS data", ...columns.map((column) => `${JSON_OF[column][0]} AS ${column}`)].join(", ");
}

/** The columns of all events as JSON text, in the form that `EventPage` describes. group_concat skips NULLs, so absent data is left out. */
export function columnsText(columns: readonly Column[]): string {
  const mark = randomMark();
  const names = ["position", "data", "absent", ...columns].map((name) => `"${name}"`);
  const lists = [
    "group_concat(key)",
    markedText("data", mark),
    "ifnull(group_concat(key) FILTER (WHERE data IS NULL), '')",
    ...columns.map((column) => (column === "metadata" ? markedText(column, mark) : `group_concat(${column})`)),
  ];
  return `'[[${names.join()}],[' || ${lists.join(" || '],[' || ")} || ']]'`;
}

/** Data and metadata are stored as JSON text, which may be damaged, so a mark is before, between and after them. */
function markedText(column: string, mark: number): string {
  return `'${mark}' || ifnull(',' || group_concat(${column}, ',${mark},') || ',${mark}', '')`;
}

/** A number that no event has by chance. With 30 bits, as engines keep such integers without allocating. */
function randomMark(): number {
  const random = new Uint32Array(1);
  fillRandom(random);
  return 2 ** 29 + ((random[0] as number) >>> 3);
}
