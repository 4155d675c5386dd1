import { isEventStoreError, type EventStoreError, type EventStoreErrorCode } from "../index.ts";
import { describe } from "../errors.ts";

export function ok(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}

/** Equal through and through; a property that is undefined counts as absent, and 0 is not -0. */
export function equal(actual: unknown, expected: unknown, what: string): void {
  const difference = differenceOf(actual, expected, "");
  if (difference !== undefined) throw new Error(`${what}${difference}`);
}

/** The promise, or what the function does, must fail with this code; gives back the error. */
export async function fails<Code extends EventStoreErrorCode>(
  attempt: Promise<unknown> | (() => unknown),
  code: Code,
  what: string,
): Promise<EventStoreError<Code>> {
  const error = await failureOf(attempt, `${what}: it should have failed with "${code}"`);
  if (isEventStoreError(error, code)) return error;
  const found = isEventStoreError(error) ? `"${error.code}": ${error.message}` : describe(error);
  throw new Error(`${what}: expected the error "${code}", got ${found}`);
}

/** Whatever the promise is rejected with, or the function throws. */
export async function failureOf(attempt: Promise<unknown> | (() => unknown), otherwise: string): Promise<unknown> {
  try {
    await (typeof attempt === "function" ? attempt() : attempt);
  } catch (error) {
    return error;
  }
  throw new Error(otherwise);
}

/** Where and how they differ, to be put behind a name for the whole; undefined: they do not. */
function differenceOf(actual: unknown, expected: unknown, path: string): string | undefined {
  if (Object.is(actual, expected)) return undefined;
  if (!isObject(actual) || !isObject(expected) || Array.isArray(actual) !== Array.isArray(expected)) {
    return `${path}: expected ${show(expected)}, got ${show(actual)}`;
  }
  if (Array.isArray(actual) && Array.isArray(expected) && actual.length !== expected.length) {
    return `${path}: expected ${expected.length} items, got ${actual.length}: ${show(actual)} for ${show(expected)}`;
  }
  for (const key of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
    const part = Array.isArray(expected) ? `${path}[${key}]` : `${path}.${key}`;
    const difference = differenceOf(own(actual, key), own(expected, key), part);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

/** Own properties only: "__proto__" and "constructor" are names like any other. */
function own(object: Record<string, unknown>, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

export function show(value: unknown): string {
  if (value === undefined) return "undefined";
  if (Object.is(value, -0)) return "-0";
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
