import type { TextFormat } from "./text-format.ts";
import { exportNdjson } from "./export.ts";
import { importNdjson } from "./import.ts";

/**
 * One event a line, as a JSON object: `position`, `stream`, `version`, `id`, `type`, `data`, `metadata`, `schemaVersion` and
 * `timestamp`; `data` and `metadata` only where there are any. Lines end with a line feed, text is UTF-8. The same in every
 * runtime. To be imported a line needs `stream`, `id` and `type`; a property of another name is refused.
 */
export const ndjson: TextFormat = { _rivulet: { exportEvents: exportNdjson, importEvents: importNdjson } };

export { ndjsonLine } from "./export.ts";
export { parseStrictJson } from "../events/strict-json.ts";
