import type { EventField } from "../event.ts";
import { EVENT_TIME, ID_TEXT } from "./rows.ts";

/**
 * An event's fields as JSON text, in the form that `EventPage` describes. SQLite builds the text, which is faster than returning
 * columns. concat_ws skips NULLs, so absent data is left out (https://sqlite.org/lang_corefunc.html#concat_ws). With few fields, a page
 * takes half the time.
 */
export function fieldsSql(fields?: readonly EventField[]): string {
  const given = (field: EventField, sql: string, empty: string): string =>
    fields === undefined || fields.includes(field) ? sql : `'${empty}'`;
  return (
    `concat_ws(',', e.position, ${given("stream", "json_quote(s.name)", '""')}, ${given("version", "e.version", "0")}, ` +
    `${given("id", `json_quote(${ID_TEXT})`, '"t"')}, json_quote(t.name), ${given("schemaVersion", "e.type_version", "0")}, ` +
    `${given("timestamp", EVENT_TIME, "0")}, ${given("metadata", "ifnull(e.metadata, 'null')", "null")}, e.data)`
  );
}
