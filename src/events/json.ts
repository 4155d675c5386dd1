import { EventStoreError } from "../errors.ts";

/** A JSON text, as `JSON.stringify` writes it. */
export type JsonText = string;

/** Nesting beyond this is refused: engines and SQLite stop at about 1,000. */
export const MAX_DEPTH = 500;

/**
 * The JSON text of a value, which parses back to an equal one. Properties that are undefined count as absent, and -0
 * becomes 0; anything else that JSON would drop or change is refused with the path to it (`invalid-event`).
 */
export function toJson(value: unknown, path: string): JsonText {
  return stringify(checked(value, { root: path, keys: [], ancestors: [] }));
}

/** As `JSON.stringify`, but heedless of a `toJSON` that somebody has put on the prototype of all objects or arrays. */
export function stringify(value: unknown): JsonText {
  // A replacer is called after `toJSON`, with the object in which the value itself stands still.
  return JSON.stringify(
    value,
    "toJSON" in []
      ? function (this: Readonly<Record<string, unknown>>, key) {
          return this[key];
        }
      : undefined,
  );
}

/** Whether two JSON texts stand for equal values; the order of keys does not count. */
export function sameJson(a: JsonText | null, b: JsonText | null): boolean {
  if (a === b) return true;
  if (a === null || b === null) return false;
  return sameValue(JSON.parse(a), JSON.parse(b));
}

/** Freezes a parsed JSON value through and through, for values that several readers share. */
export function deepFreeze<T>(value: T): T {
  // No recursion: what others have stored may be nested deeper than calls can be.
  const left: unknown[] = [value];
  while (left.length > 0) {
    const part = left.pop();
    if (typeof part !== "object" || part === null || Object.isFrozen(part)) continue;
    left.push(...Object.values(Object.freeze(part)));
  }
  return value;
}

/** Where a check has got to; the path is put together only when there is something to refuse. */
interface Place {
  readonly root: string;
  readonly keys: (string | number)[];
  readonly ancestors: object[];
}

/** A copy, for which each property was read once: what is stored is what was checked, also where a getter or a proxy answers differently each time. */
function checked(value: unknown, at: Place): unknown {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      if (Number.isFinite(value)) return value;
      throw refused(at, `${value} is not a JSON number`);
    case "object":
      return value === null ? null : checkedObject(value, at);
    default:
      throw refused(at, `JSON has no ${typeof value}`);
  }
}

function checkedObject(value: object, at: Place): object {
  const { ancestors } = at;
  if (ancestors.includes(value)) throw refused(at, "the value contains itself");
  if (ancestors.length >= MAX_DEPTH) throw refused(at, `nested more than ${MAX_DEPTH} deep`);
  ancestors.push(value);
  const copy = Array.isArray(value) ? checkedArray(value, at) : checkedPlain(value, at);
  ancestors.pop();
  return copy;
}

function checkedArray(value: readonly unknown[], at: Place): readonly unknown[] {
  // Of whichever realm: the prototype of plain arrays is itself an array, that of a subclass is none.
  if (!Array.isArray(Object.getPrototypeOf(value))) throw foreign(value, at);
  const { length } = value;
  // All elements, and "length".
  refuseHidden(value, length + 1, at);
  const copy: unknown[] = [];
  // An index loop, not forEach: holes must be seen, and refused as the undefined they read as.
  for (let index = 0; index < length; index++) copy.push(checkedPart(value[index], index, at));
  return copy;
}

function checkedPlain(value: object, at: Place): object {
  const prototype = Object.getPrototypeOf(value) as object | null;
  // Of whichever realm: only the root of all objects has this method of its own.
  if (prototype !== null && !Object.hasOwn(prototype, "isPrototypeOf")) throw foreign(value, at);
  const keys = Object.keys(value);
  refuseHidden(value, keys.length, at);
  // An assignment to what the prototype has may set that, or nothing.
  const copy = (keys.some((key) => key in {}) ? Object.create(null) : {}) as Record<string, unknown>;
  for (const key of keys) {
    const part = (value as Record<string, unknown>)[key];
    if (part !== undefined) copy[key] = checkedPart(part, key, at);
  }
  return copy;
}

function foreign(value: object, at: Place): EventStoreError {
  if (value instanceof Date) return refused(at, "JSON has no Date: store its ISO text, date.toISOString()");
  const name = (value as { constructor?: { name?: unknown } }).constructor?.name;
  return refused(at, `JSON has no ${typeof name === "string" ? name : "class"}: store plain data`);
}

/** What JSON would drop without a word. */
function refuseHidden(value: object, shown: number, at: Place): void {
  // Several times as fast as Reflect.ownKeys, which tells both.
  if (Object.getOwnPropertyNames(value).length > shown || Object.getOwnPropertySymbols(value).length > 0)
    throw refused(at, "JSON would drop some of its properties");
}

function checkedPart(part: unknown, key: string | number, at: Place): unknown {
  at.keys.push(key);
  const copy = checked(part, at);
  at.keys.pop();
  return copy;
}

function refused({ root, keys }: Place, why: string): EventStoreError<"invalid-event"> {
  const path = root + keys.map((key) => (typeof key === "number" ? `[${key}]` : `.${key}`)).join("");
  return new EventStoreError("invalid-event", `${path}: ${why}`, { path });
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
