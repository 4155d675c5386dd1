import { invalidArgument, isEventStoreError, messageOf, type EventStoreError } from "../errors.ts";
import { parseStrictJson } from "../events/strict-json.ts";
import { toRecord } from "../append/event-record.ts";
import type { Line } from "./source-lines.ts";
import { LATEST_TIME, checkInteger, checkName } from "../validate.ts";
import type { EventRecord } from "../storage/protocol.ts";

/** The event of a line. */
export interface ImportedEvent {
  /** Its number in the import, from 1. */
  readonly line: number;
  readonly stream: string;
  /** The version that the line says, if any. The imported event may get another one. */
  readonly version: number | undefined;
  /** The timestamp that the line says, if any, in milliseconds since the epoch. */
  readonly recordedAt: number | undefined;
  readonly record: EventRecord;
  /** The length of the line in characters. */
  readonly size: number;
}

const PROPERTIES: ReadonlySet<string> = new Set([
  "position",
  "stream",
  "version",
  "id",
  "type",
  "data",
  "metadata",
  "schemaVersion",
  "timestamp",
]);

/** Events are not checked against definitions: those of other or older code are imported as they were exported. */
const AS_STORED = {
  drawn: false,
  newId: (): never => {
    throw refused("id", "it has no id");
  },
};

const BYTE_ORDER_MARK = /^\uFEFF/;

/** Parses a line; undefined for an empty one. @throws `invalid-argument` or `invalid-event` for a line that is no event. */
export function readLine(text: Line, line: number): ImportedEvent | undefined {
  const fields = parse(text);
  if (fields === undefined) return undefined;
  for (const key of Object.keys(fields)) {
    if (!PROPERTIES.has(key)) throw refused(key, `an event has no property "${key}"`);
  }
  const { position = 1, stream, version = 1, id, schemaVersion = 1, timestamp = 0 } = fields;
  checkName(stream, "stream");
  checkInteger(position, "position", 1);
  checkInteger(version, "version", 1);
  checkInteger(schemaVersion, "schemaVersion", 1);
  checkInteger(timestamp, "timestamp", 0);
  if (timestamp > LATEST_TIME) throw refused("timestamp", `the timestamp ${timestamp} is later than any Date`);
  const { type, data, metadata } = fields;
  return {
    line,
    stream,
    version: fields["version"] === undefined ? undefined : version,
    recordedAt: fields["timestamp"] === undefined ? undefined : timestamp,
    record: {
      ...toRecord({ type, id, data, metadata } as Parameters<typeof toRecord>[0], "event", AS_STORED),
      schemaVersion,
    },
    size: (text as string).length,
  };
}

function parse(line: Line): Readonly<Record<string, unknown>> | undefined {
  if (typeof line !== "string") throw refused("line", line.problem);
  const text = line.replace(BYTE_ORDER_MARK, "");
  if (text.trim() === "") return undefined;
  let value: unknown;
  try {
    value = parseStrictJson(text);
  } catch (error) {
    if (isEventStoreError(error)) throw error;
    throw refused("line", `it is not JSON: ${messageOf(error)}`);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw refused("line", "it is not a JSON object");
}

function refused(argument: string, why: string): EventStoreError {
  return invalidArgument(argument, why);
}
