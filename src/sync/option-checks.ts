import { mustBe } from "../errors.ts";
import { checkVerb, isObject } from "../validate.ts";

/** Checks options that are functions, if they are given. @throws `invalid-argument`. */
export function checkFunctions(options: object, ...names: readonly string[]): void {
  for (const name of names) {
    const value = (options as Readonly<Record<string, unknown>>)[name];
    if (value !== undefined) checkVerb(value, "call", name, "a function");
  }
}

/** Checks options that are true or false, if they are given. @throws `invalid-argument`. */
export function checkFlag(value: unknown, name: string): void {
  if (value !== undefined && typeof value !== "boolean") throw mustBe(name, "true or false");
}

/** @throws `invalid-argument`. */
export function checkObject(value: unknown, name: string): asserts value is object {
  if (!isObject(value)) throw mustBe(name, "an object");
}

/** Takes apart the options of a read. @throws `invalid-argument`. */
export function withoutPending<Options extends { readonly pending?: boolean | undefined }>(
  options: Options,
): { readonly pending: boolean; readonly rest: Omit<Options, "pending"> } {
  checkObject(options, "options");
  const { pending = true, ...rest } = options;
  checkFlag(pending, "pending");
  return { pending, rest };
}
