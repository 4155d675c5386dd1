import { mustBe } from "../errors.ts";
import type { CausingEvent, Metadata, NewEvent } from "../event.ts";
import { toJson } from "../events/json.ts";
import { checkId, checkName, invalidEvent, isObject } from "../validate.ts";
import type { EventRecord } from "../storage/protocol.ts";
import type { StoreContext } from "../storage/store-context.ts";

/** What is said of other properties, which would be lost. */
const ONLY = "pass only { type, data, id, metadata }";

/**
 * Checks a new event and turns it into a record for the storage; `path` names it in errors. `shared` is metadata for every event of
 * the append; keys of the event's own metadata take precedence.
 */
export function toRecord(
  event: NewEvent,
  path: string,
  { newId, drawn, format }: Pick<StoreContext, "newId" | "drawn" | "format">,
  shared?: Metadata,
): EventRecord {
  if (!isObject(event)) throw invalidEvent(path, ONLY);
  // Each property is read once, so that a getter cannot change what was checked.
  const { type, id: given, data: raw, metadata } = event;
  // Not the rest of a destructuring: making that object costs as much as writing the JSON text.
  for (const key of [...Object.keys(event), ...Object.getOwnPropertySymbols(event)]) {
    if (!MEMBERS.has(key)) throw invalidEvent(`${path}.${String(key)}`, ONLY);
  }
  checkName(type, `${path}.type`);
  const id = given === undefined ? newId() : given;
  // The ids that the store makes itself need no check.
  if (drawn || given !== undefined) checkId(id, given === undefined ? "newId" : `${path}.id`);
  const { data, schemaVersion } = format?.write(type, raw, path) ?? { data: raw, schemaVersion: 1 };
  const record = {
    id,
    type,
    schemaVersion,
    data: data === undefined ? null : toJson(data, `${path}.data`),
    metadata: toMetadata(metadata, `${path}.metadata`, shared),
  };
  return drawn && given === undefined ? { ...record, drawn } : record;
}

const MEMBERS: ReadonlySet<PropertyKey> = new Set(["type", "data", "id", "metadata"]);

/** The metadata of an event's consequences. @throws `invalid-argument`. */
export function causedBy(cause: CausingEvent | undefined): Metadata | undefined {
  if (cause === undefined) return undefined;
  if (typeof cause?.id !== "string") throw mustBe("causedBy", "a stored event");
  const { id, metadata } = cause;
  return { causationId: id, correlationId: metadata?.["correlationId"] ?? id };
}

function toMetadata(metadata: unknown, path: string, shared: Metadata | undefined): string | null {
  let text = "{}";
  if (metadata !== undefined) {
    if (!isObject(metadata)) throw invalidEvent(path, "metadata must be a JSON object");
    text = toJson(metadata, path);
  }
  if (shared) return toJson({ ...shared, ...(JSON.parse(text) as Metadata) }, path);
  return text === "{}" ? null : text;
}
