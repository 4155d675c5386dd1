import { mustBe } from "../errors.ts";
import type { StoredEvent } from "../event.ts";
import { isScalar } from "./json.ts";
import { checkName, checkPrefix, isObject } from "../validate.ts";

/** An {@link EventFilter} that was checked. An event has to meet every given part; an empty list matches no event. */
export interface RecordFilter {
  /** The event's id is one of these. */
  readonly ids?: readonly string[];
  /** The event's type is one of these. */
  readonly types?: readonly string[];
  /** The event's stream is one of these. */
  readonly streams?: readonly string[];
  /** The name of the event's stream starts with this text. */
  readonly streamPrefix?: string;
  /** The event's metadata has these top-level keys with exactly these values. */
  readonly metadata?: Readonly<Record<string, string | number | boolean | null>>;
}

/** Selects events. An event has to meet every given part; an empty list selects no event. */
export interface EventFilter<Type extends string = string> {
  /** Only events with one of these ids, which are found through an index. */
  readonly ids?: readonly string[] | undefined;
  /** Only events of these types. */
  readonly types?: readonly Type[] | undefined;
  /** Only events of these streams. */
  readonly streams?: readonly string[] | undefined;
  /** Only events of streams whose name starts with this text. */
  readonly streamPrefix?: string | undefined;
  /** Only events whose metadata has these top-level keys with exactly these values. */
  readonly metadata?: Readonly<Record<string, string | number | boolean | null>> | undefined;
}

/** The option names of a filter. */
export const FILTER_OPTIONS: readonly string[] = ["ids", "types", "streams", "streamPrefix", "metadata"];

/**
 * Tells whether a filter selects an event. Every storage's queries are tested against this function.
 *
 * @example
 * ```ts
 * const { events } = await account.append({ type: "deposited", data: { amount: 100 } });
 * const deposits = events.filter((event) => matches({ types: ["deposited"] }, event));
 * console.log(deposits.length); // → 1
 * ```
 */
export function matches(filter: RecordFilter, event: StoredEvent): boolean {
  return (
    filter.ids?.includes(event.id) !== false &&
    filter.types?.includes(event.type) !== false &&
    filter.streams?.includes(event.stream) !== false &&
    event.stream.startsWith(filter.streamPrefix ?? "") &&
    (filter.metadata === undefined ||
      Object.entries(filter.metadata).every(
        ([key, value]) => Object.hasOwn(event.metadata, key) && event.metadata[key] === value,
      ))
  );
}

/** The lists that a filter may have. */
const LISTS = ["ids", "types", "streams"] as const;

/** Takes the filter out of a call's options; undefined if every event passes. @throws `invalid-argument`. */
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
    if (!isObject(metadata)) throw mustBe("metadata", "an object");
    for (const [key, value] of Object.entries(metadata)) {
      if (!isScalar(value)) throw mustBe(`metadata.${key}`, "a JSON scalar");
    }
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
