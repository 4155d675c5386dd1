import { mustBe } from "../errors.ts";
import type { StoredEvent } from "../event.ts";
import { checkName, checkPrefix, isObject } from "../validate.ts";

/** What to look for; each part that is given must hold. An empty list matches nothing. */
export interface RecordFilter {
  readonly ids?: readonly string[];
  readonly types?: readonly string[];
  readonly streams?: readonly string[];
  readonly streamPrefix?: string;
  /** Top-level keys of the metadata and the exact values they must have. */
  readonly metadata?: Readonly<Record<string, string | number | boolean | null>>;
}

/** Which events are meant. Each part that is given must hold; an empty list matches nothing. */
export interface EventFilter {
  /** Events with any of these ids: found at once, however many events there are. */
  readonly ids?: readonly string[] | undefined;
  /** Any of these event types. */
  readonly types?: readonly string[] | undefined;
  /** Any of these streams. */
  readonly streams?: readonly string[] | undefined;
  /** Streams whose name starts so. */
  readonly streamPrefix?: string | undefined;
  /** Top-level keys of the metadata, and exactly the value each must have. */
  readonly metadata?: Readonly<Record<string, string | number | boolean | null>> | undefined;
}

/** The names of a filter's parts. */
export const FILTER_OPTIONS: readonly string[] = ["ids", "types", "streams", "streamPrefix", "metadata"];

/** Whether an event passes a filter: the one truth, which every storage's own way of looking is tested against. */
export function matches(filter: RecordFilter, event: StoredEvent): boolean {
  if (filter.ids !== undefined && !filter.ids.includes(event.id)) return false;
  if (filter.types !== undefined && !filter.types.includes(event.type)) return false;
  if (filter.streams !== undefined && !filter.streams.includes(event.stream)) return false;
  if (filter.streamPrefix !== undefined && !event.stream.startsWith(filter.streamPrefix)) return false;
  if (filter.metadata !== undefined) {
    for (const [key, value] of Object.entries(filter.metadata)) {
      if (!Object.hasOwn(event.metadata, key) || event.metadata[key] !== value) return false;
    }
  }
  return true;
}

/** The lists that a filter may have. */
const LISTS = ["ids", "types", "streams"] as const;

/** The filter among a call's options, checked; undefined where every event passes. Throws `invalid-argument`. */
export function toRecordFilter(options: EventFilter): RecordFilter | undefined {
  const { streamPrefix, metadata } = options;
  const filter: { -readonly [Part in keyof RecordFilter]: RecordFilter[Part] } = {};
  for (const part of LISTS) {
    const list: readonly unknown[] | undefined = options[part];
    if (list !== undefined) filter[part] = checkList(list, part);
  }
  if (streamPrefix !== undefined) checkPrefix(streamPrefix, "streamPrefix");
  if (streamPrefix) filter.streamPrefix = streamPrefix;
  if (metadata !== undefined) {
    checkMetadata(metadata);
    filter.metadata = { ...metadata };
  }
  return Object.keys(filter).length === 0 ? undefined : filter;
}

function checkList(list: readonly unknown[], argument: string): string[] {
  const ofIds = argument === "ids";
  if (!Array.isArray(list) || (ofIds && !list.every((one) => typeof one === "string")))
    throw mustBe(argument, "a list of strings");
  // An id is any text. Array.from, not map: a hole is a name that is missing, and must be seen.
  return Array.from(list, (one: string, index) => {
    if (!ofIds) checkName(one, `${argument}[${index}]`);
    return one;
  });
}

function checkMetadata(metadata: unknown): void {
  if (!isObject(metadata)) throw mustBe("metadata", "an object");
  for (const [key, value] of Object.entries(metadata)) {
    const plain = value === null || ["string", "boolean"].includes(typeof value) || Number.isFinite(value);
    if (!plain) {
      throw mustBe(`metadata.${key}`, "a JSON scalar");
    }
  }
}
