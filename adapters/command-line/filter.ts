import { isEventStoreError, type EventFilter } from "../../src/index.ts";
import { parseStrictJson } from "../../src/ndjson/index.ts";
import { usageError, type Options, type Values } from "./command.ts";

/** The options of every command that selects events. */
export const FILTER_OPTIONS: Options = {
  stream: { type: "string", short: "s", multiple: true, value: "NAME", help: "only this stream; may be repeated" },
  prefix: { type: "string", short: "p", value: "TEXT", help: "only streams whose name starts with this" },
  type: { type: "string", short: "t", multiple: true, value: "TYPE", help: "only this event type; may be repeated" },
  metadata: {
    type: "string",
    short: "m",
    multiple: true,
    value: "KEY=VALUE",
    help: 'only with this metadata; VALUE is JSON or else text (n=1 a number, n="1" a string); may be repeated',
  },
  after: { type: "string", value: "POSITION", help: "only events after this position" },
  "up-to": { type: "string", value: "POSITION", help: "only events up to this position" },
  "as-of": { type: "string", value: "TIME", help: "only events recorded up to this time, such as 2026-03-01T12:00Z" },
};

/** Converts the options to a filter. */
export interface Selection extends EventFilter {
  readonly after?: number;
  readonly upTo?: number;
  readonly asOf?: Date;
}

export function selectionOf(values: Values): Selection {
  const { stream, type, prefix, metadata } = values;
  const after = wholeNumber(values, "after");
  const upTo = wholeNumber(values, "up-to");
  const asOf = timeOf(values["as-of"]);
  return {
    ...(stream !== undefined && { streams: stream as string[] }),
    ...(type !== undefined && { types: type as string[] }),
    ...(prefix !== undefined && { streamPrefix: prefix as string }),
    ...(metadata !== undefined && { metadata: metadataOf(metadata as string[]) }),
    ...(after !== undefined && { after }),
    ...(upTo !== undefined && { upTo }),
    ...(asOf !== undefined && { asOf }),
  };
}

/** Parses an option that is a number. */
export function wholeNumber(values: Values, option: string): number | undefined {
  const text = values[option];
  if (text === undefined) return undefined;
  if (/^\d{1,15}$/.test(String(text))) return Number(text);
  throw usageError(`--${option} must be a whole number, not "${String(text)}"`);
}

function timeOf(text: Values[string]): Date | undefined {
  if (text === undefined) return undefined;
  const time = new Date(text as string);
  if (Number.isNaN(time.getTime())) throw usageError(`--as-of must be a time, such as 2026-03-01T12:00Z`);
  return time;
}

function metadataOf(pairs: readonly string[]): Record<string, MetadataValue> {
  const wanted = new Map<string, MetadataValue>();
  for (const text of pairs) {
    const at = text.indexOf("=");
    if (at < 1) throw usageError(`--metadata must be KEY=VALUE, not "${text}"`);
    const key = text.slice(0, at);
    if (wanted.has(key))
      throw usageError(`--metadata gives the key "${key}" twice, but an event has only one value for it`);
    wanted.set(key, valueOf(text.slice(at + 1), text));
  }
  return Object.fromEntries(wanted);
}

type MetadataValue = string | number | boolean | null;

function valueOf(text: string, pair: string): MetadataValue {
  try {
    const value = parseStrictJson(text);
    if (typeof value !== "object" || value === null) return value as MetadataValue;
  } catch (error) {
    // Objects, arrays and everything that is not JSON are compared as text.
    if (isEventStoreError(error) && !/^\s*[[{]/.test(text)) {
      throw usageError(`--metadata ${pair}: ${error.message}; in quotes ("${text}") it is a string`);
    }
  }
  return text;
}
