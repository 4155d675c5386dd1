import { stringify } from "../events/json.ts";
import { isObject } from "../validate.ts";

/**
 * The number under which `event_blocks` has a value of metadata: a hash, which is negative, so that it is no type's. Different values may
 * share a number: their blocks are looked through together. Part of format 6.
 */
export function termOf(key: string, value: unknown): number {
  // FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/), over UTF-16.
  let hash = 0x811c9dc5;
  for (const text of [stringify(key), stringify(value)]) {
    for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
    hash = Math.imul(hash ^ 0xffff, 0x01000193);
  }
  return hash | -0x80000000;
}

/** The numbers of the values that an event's metadata, as JSON, has under these keys. A filter can ask only for scalars. */
export function termsOf(metadata: string, keys: readonly string[]): number[] {
  let found: unknown;
  try {
    found = JSON.parse(metadata);
  } catch {
    // Whoever reads the event is told that it is damaged.
    return [];
  }
  if (!isObject(found)) return [];
  const entries = found as Readonly<Record<string, unknown>>;
  return keys
    .filter((key) => Object.hasOwn(entries, key) && (typeof entries[key] !== "object" || entries[key] === null))
    .map((key) => termOf(key, entries[key]));
}
