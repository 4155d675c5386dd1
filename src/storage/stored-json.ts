import { parseStrictJson } from "../events/strict-json.ts";
import { isEventStoreError } from "../errors.ts";
import { MAX_DEPTH } from "../events/json.ts";

/** Tells whether a value is nested too deep to be stored. It goes level by level, because recursion would overflow the stack. */
export function isTooDeep(value: unknown): boolean {
  let level = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) return true;
    level = level.flatMap((one) => (typeof one === "object" && one !== null ? Object.values(one) : []));
    level = level.filter((one) => typeof one === "object" && one !== null);
  }
  return false;
}

/** Parses stored JSON as strictly as an import does, because rivulet writes no other: returns the value, or what is wrong. */
export function parse(text: unknown): { readonly value: unknown } | { readonly problem: string } {
  try {
    return { value: parseStrictJson(text as string) };
  } catch (error) {
    return { problem: isEventStoreError(error) ? `not as rivulet writes it: ${error.message}` : "not JSON" };
  }
}
