import type { EventStoreError } from "../errors.ts";
import { invalidEvent } from "../validate.ts";

/** A JSON text, as `JSON.stringify` writes it. */
export type JsonText = string;

/** The deepest nesting that is accepted. Engines and SQLite stop at about 1,000. */
export const MAX_DEPTH = 500;

/**
 * Writes a value as JSON that parses to an equal value. Undefined properties are left out, and -0 becomes 0.
 *
 * @throws `invalid-event`, with the path, for anything else that JSON would drop or change.
 */
export function toJson(value: unknown, path: string): JsonText {
  return stringify(checked(value, { key: path }));
}

/** As `JSON.stringify`, but ignores a `toJSON` on the prototype of all objects or arrays. */
export function stringify(value: unknown): JsonText {
  // A replacer is called after `toJSON`, as a method of the object, which still has the original value.
  return JSON.stringify(
    value,
    "toJSON" in []
      ? function (this: Readonly<Record<string, unknown>>, key) {
          return this[key];
        }
      : undefined,
  );
}

/** Tells whether two JSON texts have equal values; the order of keys does not matter. */
export function sameJson(a: JsonText | null, b: JsonText | null): boolean {
  if (a === b) return true;
  if (a === null || b === null) return false;
  return sameValue(JSON.parse(a), JSON.parse(b));
}

/** Freezes a parsed JSON value and everything in it, so that several readers can share it. */
export function deepFreeze<T>(value: T): T {
  // No recursion: a stored value may be nested deeper than the call stack allows.
  const left: unknown[] = [value];
  for (const part of left) {
    // Values other than objects count as frozen. Pushed one by one, because a long list has more members than a call
    // may have arguments.
    if (!Object.isFrozen(part)) for (const member of Object.values(Object.freeze(part as object))) left.push(member);
  }
  return value;
}

/** The position of a check within a value. The path is only built for an error. */
export interface JsonPath {
  /** The position of the object that this part belongs to; absent for the whole value. */
  readonly parent?: JsonPath;
  /** The key in that object, or the path of the whole value. */
  readonly key: string | number;
  /** The object here. */
  value?: object;
}

/**
 * Copies a value while checking it. Each property is read once, so that getters and proxies cannot change what was checked.
 *
 * @throws `invalid-event`, as {@link toJson} does.
 */
export function checked(value: unknown, at: JsonPath): unknown {
  if (isScalar(value)) return value;
  if (typeof value === "object") return checkedObject(value as object, at);
  throw refused(at, typeof value === "number" ? `${value} is not a JSON number` : `JSON has no ${typeof value}`);
}

/** Whether a value is one that JSON writes as it is, and that contains no others. */
export function isScalar(value: unknown): boolean {
  return typeof value === "string" || Number.isFinite(value) || typeof value === "boolean" || value === null;
}

function checkedObject(value: object, at: JsonPath): object {
  let depth = 0;
  for (let { parent } = at; parent !== undefined; { parent } = parent) {
    if (parent.value === value) throw refused(at, "the value contains itself");
    if (++depth >= MAX_DEPTH) throw refused(at, `nested more than ${MAX_DEPTH} deep`);
  }
  at.value = value;
  return Array.isArray(value) ? checkedArray(value, at) : checkedPlain(value, at);
}

function checkedArray(value: readonly unknown[], at: JsonPath): readonly unknown[] {
  // Works across realms: the prototype of a plain array is an array, that of a subclass is not.
  if (!Array.isArray(Object.getPrototypeOf(value))) throw foreign(value, at);
  const { length } = value;
  // All elements, and the property "length".
  if (Reflect.ownKeys(value).length > length + 1) throw hidden(at);
  const copy: unknown[] = [];
  // An index loop, not forEach, which skips holes: a hole reads as undefined and is refused.
  for (let index = 0; index < length; index++) {
    const part = value[index];
    copy.push(isScalar(part) ? part : checked(part, { parent: at, key: index }));
  }
  return copy;
}

function checkedPlain(value: object, at: JsonPath): object {
  const prototype = Object.getPrototypeOf(value) as object | null;
  // Works across realms: only the root prototype has this method as its own property.
  if (prototype !== null && !Object.hasOwn(prototype, "isPrototypeOf")) throw foreign(value, at);
  // A spread, unlike an assignment, makes an own property of any key, such as __proto__, and copies quickly.
  const copy: Record<string, unknown> = { ...value };
  const keys = Object.keys(copy);
  // These two calls are several times as fast as Reflect.ownKeys, except for an array.
  if (Object.getOwnPropertyNames(value).length > keys.length || Object.getOwnPropertySymbols(value)[0])
    throw hidden(at);
  for (const key of keys) {
    const part = copy[key];
    // Most values stay as they are in the copy. JSON leaves out an undefined one.
    if (part !== undefined && !isScalar(part)) copy[key] = checked(part, { parent: at, key });
  }
  return copy;
}

function foreign(value: object, at: JsonPath): EventStoreError {
  if (value instanceof Date) return refused(at, "JSON has no Date: store its ISO text, date.toISOString()");
  const name = (value as { constructor?: { name?: unknown } }).constructor?.name;
  return refused(at, `JSON has no ${typeof name === "string" ? name : "class"}: store plain data`);
}

function hidden(at: JsonPath): EventStoreError {
  return refused(at, "JSON would drop some of its properties");
}

function refused(at: JsonPath, why: string): EventStoreError<"invalid-event"> {
  let path = "";
  let place = at;
  for (; place.parent !== undefined; place = place.parent)
    path = (typeof place.key === "number" ? `[${place.key}]` : `.${place.key}`) + path;
  return invalidEvent(place.key + path, why);
}

function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every(
    (key) =>
      Object.hasOwn(b, key) && sameValue((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
  );
}
