import { isEventStoreError, type EventStoreError, type EventStoreErrorCode } from "../index.ts";
import { describe, mustBe } from "../errors.ts";

export function ok(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}

/** Refuses a part of an example that is no list. @throws `invalid-argument`. */
export function checkList(list: unknown, argument: string): void {
  if (!Array.isArray(list)) throw mustBe(argument, "a list");
}

/** Asserts deep equality. An undefined property counts as absent, and 0 does not equal -0. */
export function equal(actual: unknown, expected: unknown, what: string): void {
  const difference = differenceOf(actual, expected, "");
  if (difference !== undefined) throw new Error(`${what}${difference}`);
}

/** Asserts that a promise rejects, or a function fails, with this code. Resolves with the error. */
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

/** Resolves with the error that a promise rejects with or a function throws. Rejects with `otherwise` if there is none. */
export async function failureOf(attempt: Promise<unknown> | (() => unknown), otherwise: string): Promise<unknown> {
  try {
    await (typeof attempt === "function" ? attempt() : attempt);
  } catch (error) {
    return error;
  }
  throw new Error(otherwise);
}

/** Says where and how two values differ, as the end of a sentence; undefined if they are equal. */
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

/** Reads an own property only, so that "__proto__" and "constructor" are ordinary names. */
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
