import type { TextFormat } from "./text-format.ts";
import { exportNdjson } from "./export.ts";
import { importNdjson } from "./import.ts";

/**
 * The NDJSON format: one event per line, as a JSON object with `position`, `stream`, `version`, `id`, `type`, `data`, `metadata`,
 * `schemaVersion` and `timestamp`, without empty `data` and `metadata`. Lines end with a line feed, text is UTF-8. An imported line
 * needs `stream`, `id` and `type`; properties with other names are refused.
 */
export const ndjson: TextFormat = { _rivulet: { exportEvents: exportNdjson, importEvents: importNdjson } };

export { ndjsonLine } from "./export.ts";
export { parseStrictJson } from "../events/strict-json.ts";
