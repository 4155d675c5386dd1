import { EventStoreError, describe, invalidArgument } from "./errors.ts";

/** The longest stream name, event type, id or projection name, in UTF-16 code units. */
const MAX_LENGTH = 255;

const PLAIN = /^[A-Za-z0-9_.:/ -]+$/;
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Stream names, event types, projection names. Throws `invalid-argument`. */
export function checkName(name: unknown, argument: string, what: string): asserts name is string {
  const problem = problemOf(name) ?? reserved(name as string);
  if (problem !== undefined) throw invalidArgument(argument, `${what} (${argument}): ${problem}`);
}

/** Event ids: like names, but nothing is reserved. Throws `invalid-event`. */
export function checkId(id: unknown, path: string): asserts id is string {
  const problem = problemOf(id);
  if (problem !== undefined) throw new EventStoreError("invalid-event", `event id (${path}): ${problem}`, { path });
}

/** The start of a stream's name, for prefix filters; the empty one matches every stream. */
export function checkPrefix(prefix: unknown, argument: string): asserts prefix is string {
  if (prefix === "") return;
  const problem = problemOf(prefix);
  if (problem !== undefined) throw invalidArgument(argument, `prefix (${argument}): ${problem}`);
}

/** A whole number from `least` to 2^53 - 1. Throws `invalid-argument`. */
export function checkInteger(value: unknown, argument: string, least: number, or = ""): asserts value is number {
  if (!Number.isSafeInteger(value) || (value as number) < least) {
    throw invalidArgument(argument, `${argument} must be a whole number from ${least} on${or}, not ${describe(value)}`);
  }
}

/**
 * Refuses unknown options, which would otherwise be silently ignored, such as a misspelt one.
 *
 * @throws `invalid-argument`.
 * @example
 * ```ts
 * try {
 *   checkOptions({ paht: "bank.db" }, ["path"]);
 * } catch (error) {
 *   console.log(String(error)); // → EventStoreError: there is no option "paht": the options are path
 * }
 * ```
 */
export function checkOptions(options: object, known: readonly string[]): void {
  if (typeof options !== "object") throw invalidArgument("options", `options must be an object: { ${known[0]}: … }`);
  for (const key of Object.keys(options)) {
    if (!known.includes(key))
      throw invalidArgument(key, `there is no option "${key}": the options are ${known.join(", ")}`);
  }
}

function problemOf(text: unknown): string | undefined {
  if (typeof text !== "string") return `must be a string, not ${text === null ? "null" : typeof text}`;
  if (text.length === 0) return "must not be empty";
  if (text.length > MAX_LENGTH) return `must be at most ${MAX_LENGTH} characters long, not ${text.length}`;
  if (PLAIN.test(text)) return undefined;
  if (text.includes("\0")) return "must not contain NUL";
  if (LONE_SURROGATE.test(text)) return "must not contain lone surrogates";
  return undefined;
}

function reserved(name: string): string | undefined {
  const first = name[0];
  return first === "$" || first === "@" ? 'must not start with "$" or "@", which are reserved' : undefined;
}
