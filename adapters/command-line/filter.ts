import type { EventFilter } from "../../src/index.ts";
import { usageError, type Options, type Values } from "./command.ts";

/** Options of every command that takes a part of the events. */
export const FILTER_OPTIONS: Options = {
  stream: { type: "string", short: "s", multiple: true, value: "NAME", help: "only this stream; may be repeated" },
  prefix: { type: "string", short: "p", value: "TEXT", help: "only streams whose name starts so" },
  type: { type: "string", short: "t", multiple: true, value: "TYPE", help: "only this event type; may be repeated" },
  metadata: {
    type: "string",
    short: "m",
    multiple: true,
    value: "KEY=VALUE",
    help: 'only with this metadata; VALUE is JSON or else text: n=1 is a number, n="1" a text; may be repeated',
  },
  after: { type: "string", value: "POSITION", help: "only what comes after this position" },
  "up-to": { type: "string", value: "POSITION", help: "only up to this position" },
  "as-of": { type: "string", value: "TIME", help: "only what was recorded up to then, such as 2026-03-01T12:00Z" },
};

/** The part of the events that the options ask for. */
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
    ...(metadata !== undefined && { metadata: Object.fromEntries((metadata as string[]).map(pairOf)) }),
    ...(after !== undefined && { after }),
    ...(upTo !== undefined && { upTo }),
    ...(asOf !== undefined && { asOf }),
  };
}

/** The value of an option that is a number. */
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

function pairOf(text: string): [string, string | number | boolean | null] {
  const at = text.indexOf("=");
  if (at < 1) throw usageError(`--metadata must be KEY=VALUE, not "${text}"`);
  return [text.slice(0, at), valueOf(text.slice(at + 1))];
}

function valueOf(text: string): string | number | boolean | null {
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value !== "object" || value === null) return value as string | number | boolean | null;
  } catch {
    // Text, as it mostly is.
  }
  return text;
}
