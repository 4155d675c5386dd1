import { EventStoreError, invalidArgument, mustBe } from "./errors.ts";

/** The longest stream name, event type, id or projection name, in UTF-16 code units. */
const MAX_LENGTH = 255;

/** The latest time of a `Date`, in milliseconds since the epoch (https://tc39.es/ecma262/#sec-time-values-and-time-range). */
export const LATEST_TIME = 8.64e15;

const PLAIN = /^[A-Za-z0-9_.:/ -]+$/;

/** Checks the name of a stream, event type, projection and the like. @throws `invalid-argument`. */
export function checkName(name: unknown, argument: string): asserts name is string {
  const problem =
    problemOf(name) ??
    ("$@".includes((name as string)[0] as string) ? 'a name that does not start with "$" or "@"' : undefined);
  if (problem !== undefined) throw mustBe(argument, problem);
}

/** Checks an event's id: like a name, but without reserved characters. @throws `invalid-event`. */
export function checkId(id: unknown, path: string): asserts id is string {
  const problem = problemOf(id);
  if (problem !== undefined) throw invalidEvent(path, `must be ${problem}`);
}

/** Makes the error for an event that cannot be stored. `path` is where it is wrong. */
export function invalidEvent(path: string, why: string): EventStoreError<"invalid-event"> {
  return new EventStoreError("invalid-event", `${path}: ${why}`, { path });
}

/** Checks the prefix of a stream's name, for filters. The empty one matches every stream. @throws `invalid-argument`. */
export function checkPrefix(prefix: unknown, argument: string): asserts prefix is string {
  if (prefix === "") return;
  const problem = problemOf(prefix);
  if (problem !== undefined) throw mustBe(argument, problem);
}

/** Checks a whole number from `least` to 2^53 - 1. @throws `invalid-argument`. */
export function checkInteger(value: unknown, argument: string, least: number, or = ""): asserts value is number {
  if (!Number.isSafeInteger(value) || (value as number) < least) {
    throw mustBe(argument, `a whole number from ${least} on${or}`);
  }
}

/**
 * Checks a position or version. What is a time, in milliseconds since the epoch, is refused: no store has so many events, and reads would
 * end at the head, as if nothing was wrong.
 *
 * @throws `invalid-argument`.
 */
export function checkPosition(value: unknown, argument: string, or = ""): asserts value is number {
  checkInteger(value, argument, 0, or);
  if (value > 1e11 && value < 1e13) throw mustBe(argument, "a position, not a time");
}

/**
 * Checks a text that must be one of a few.
 *
 * @throws `invalid-argument`.
 * @example
 * ```ts
 * function checkDurability(durability: unknown): void {
 *   checkChoice(durability, "durability", "full", "normal");
 * }
 * ```
 */
export function checkChoice(value: unknown, argument: string, ...choices: string[]): void {
  if (!choices.includes(value as string)) throw mustBe(argument, `"${choices.join('" or "')}"`);
}

/** Names of options that are functions. */
const CALLBACK = /^on[PCR]|^clock|^newI/;

/**
 * Refuses unknown options, which would otherwise be silently ignored, such as a misspelt one; and options that are not an object, a
 * `signal` that is not an AbortSignal, and a callback that is not a function.
 *
 * @throws `invalid-argument`.
 * @example
 * ```ts
 * try {
 *   checkOptions({ paht: "bank.db" }, ["path"]);
 * } catch (error) {
 *   console.log(String(error)); // → EventStoreError: options has no "paht", only path
 * }
 * ```
 */
export function checkOptions(options: object, known: readonly string[], argument = "options"): void {
  if (!isObject(options)) throw mustBe(argument, `an object: { ${known[0]} }`);
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) throw invalidArgument(key, `${argument} has no "${key}", only ${known.join(", ")}`);
    const value = (options as Readonly<Record<string, unknown>>)[key];
    if (value === undefined) continue;
    if (key === "signal") checkVerb(value, "addEventListener", key, "an AbortSignal");
    if (CALLBACK.test(key)) checkVerb(value, "call", key, "a function");
  }
}

/** Whether a value is an object, but not an array. */
export function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Checks that a value has a method. What has `call` is a function.
 *
 * @throws `invalid-argument`.
 * @example
 * ```ts
 * function checkListener(listener: unknown): void {
 *   checkVerb(listener, "call", "listener", "a function");
 * }
 * ```
 */
export function checkVerb(value: unknown, verb: string, argument: string, what: string): void {
  if (typeof (value as Readonly<Record<string, unknown>> | null | undefined)?.[verb] !== "function")
    throw mustBe(argument, what);
}

/** Returns an internal method of a definition. @throws `invalid-argument` for a value that was not made by `maker`. */
export function verbOf<Internals, Verb extends string & keyof Internals>(
  definition: { readonly _rivulet: Internals },
  verb: Verb,
  argument: string,
  maker: string,
): Internals[Verb] {
  const internals = (definition as typeof definition | null | undefined)?._rivulet;
  checkVerb(internals, verb, argument, `from ${maker}`);
  return (internals as Internals)[verb];
}

function problemOf(text: unknown): string | undefined {
  if (typeof text !== "string") return "a string";
  if (text === "" || text.length > MAX_LENGTH) return `a string of 1 to ${MAX_LENGTH} characters`;
  if (PLAIN.test(text)) return undefined;
  return /\0|\p{Surrogate}/u.test(text) ? "Unicode without NUL and lone surrogates" : undefined;
}
