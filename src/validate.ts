import { EventStoreError, invalidArgument, mustBe } from "./errors.ts";

/** The longest stream name, event type, id or projection name, in UTF-16 code units. */
const MAX_LENGTH = 255;

const PLAIN = /^[A-Za-z0-9_.:/ -]+$/;

/** Stream names, event types, projection names. Throws `invalid-argument`. */
export function checkName(name: unknown, argument: string): asserts name is string {
  const problem = problemOf(name) ?? reserved(name as string);
  if (problem !== undefined) throw mustBe(argument, problem);
}

/** Event ids: like names, but nothing is reserved. Throws `invalid-event`. */
export function checkId(id: unknown, path: string): asserts id is string {
  const problem = problemOf(id);
  if (problem !== undefined) throw new EventStoreError("invalid-event", `${path} must be ${problem}`, { path });
}

/** The start of a stream's name, for prefix filters; the empty one matches every stream. */
export function checkPrefix(prefix: unknown, argument: string): asserts prefix is string {
  if (prefix === "") return;
  const problem = problemOf(prefix);
  if (problem !== undefined) throw mustBe(argument, problem);
}

/** A whole number from `least` to 2^53 - 1. Throws `invalid-argument`. */
export function checkInteger(value: unknown, argument: string, least: number, or = ""): asserts value is number {
  if (!Number.isSafeInteger(value) || (value as number) < least) {
    throw mustBe(argument, `a whole number from ${least} on${or}`);
  }
}

/** One of a few texts. Throws `invalid-argument`. */
export function checkChoice(value: unknown, argument: string, ...choices: string[]): void {
  if (!choices.includes(value as string)) throw mustBe(argument, `"${choices.join('" or "')}"`);
}

/** Options that are called back, whatever has them. */
const CALLBACK = /^on[PC]|^clock|^newI/;

/**
 * Refuses unknown options, which would otherwise be silently ignored, such as a misspelt one; and options that are no object, a
 * `signal` that is no AbortSignal, and a callback that is no function.
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
  for (const [key, value] of Object.entries(options)) {
    if (!known.includes(key)) throw invalidArgument(key, `${argument} has no "${key}", only ${known.join(", ")}`);
    if (value === undefined) continue;
    if (key === "signal") checkVerb(value, "addEventListener", key, "an AbortSignal");
    if (CALLBACK.test(key)) checkVerb(value, "call", key, "a function");
  }
}

/** Whether something is an object with names and values, as a list is not. */
export function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Throws `invalid-argument` for what lacks a verb that will be called. */
export function checkVerb(value: unknown, verb: string, argument: string, what: string): void {
  if (typeof (value as Readonly<Record<string, unknown>> | null | undefined)?.[verb] !== "function")
    throw mustBe(argument, what);
}

/** A verb of a definition, to be called. Throws `invalid-argument` for anything that does not come from `maker`. */
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

function reserved(name: string): string | undefined {
  return /^[$@]/.test(name) ? 'a name that does not start with "$" or "@"' : undefined;
}
