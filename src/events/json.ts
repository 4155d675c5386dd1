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
  checkJson(value, path);
  return JSON.stringify(value);
}

/** Refuses like {@link toJson} what is no JSON value. */
export function checkJson(value: unknown, path: string): void {
  check(value, { root: path, keys: [], ancestors: [] });
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

function check(value: unknown, at: Place): void {
  switch (typeof value) {
    case "string":
    case "boolean":
      return;
    case "number":
      if (Number.isFinite(value)) return;
      throw refused(at, `${value} is not a JSON number`);
    case "object":
      if (value !== null) checkObject(value, at);
      return;
    case "bigint":
      throw refused(at, "JSON has no bigint: use a number or a string");
    default:
      throw refused(at, `JSON has no ${typeof value}`);
  }
}

function checkObject(value: object, at: Place): void {
  const { ancestors } = at;
  if (ancestors.includes(value)) throw refused(at, "the value contains itself");
  if (ancestors.length >= MAX_DEPTH) throw refused(at, `nested more than ${MAX_DEPTH} deep`);
  ancestors.push(value);
  if (Array.isArray(value)) {
    checkArray(value, at);
    // An index loop, not forEach: holes must be seen, and refused as the undefined they read as.
    for (let index = 0; index < value.length; index++) checkPart(value[index], index, at);
  } else {
    checkPlain(value, at);
    for (const key of Object.keys(value)) {
      const part = (value as Record<string, unknown>)[key];
      if (part !== undefined) checkPart(part, key, at);
    }
  }
  ancestors.pop();
}

function checkPart(part: unknown, key: string | number, at: Place): void {
  at.keys.push(key);
  check(part, at);
  at.keys.pop();
}

function checkArray(value: readonly unknown[], at: Place): void {
  // Of whichever realm: the prototype of plain arrays is itself an array, that of a subclass is none.
  if (!Array.isArray(Object.getPrototypeOf(value)))
    throw refused(at, "a subclass of Array would come back as an array");
  if (Object.keys(value).length > value.length) throw refused(at, "JSON drops what an array holds beside its elements");
}

function checkPlain(value: object, at: Place): void {
  const prototype = Object.getPrototypeOf(value) as object | null;
  // Of whichever realm: only the root of all objects has this method of its own.
  if (prototype !== null && !Object.hasOwn(prototype, "isPrototypeOf")) {
    if (value instanceof Date) throw refused(at, "JSON has no Date: store its ISO text, date.toISOString()");
    const name = (value as { constructor?: { name?: unknown } }).constructor?.name;
    const what = typeof name === "string" ? name : "a class";
    throw refused(at, `an instance of ${what} would not come back as one: store plain data`);
  }
  if (Object.getOwnPropertySymbols(value).length > 0) throw refused(at, "JSON has no symbol keys");
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
