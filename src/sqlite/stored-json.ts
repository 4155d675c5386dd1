import { parseStrictJson } from "../events/strict-json.ts";
import { isEventStoreError } from "../errors.ts";
import { MAX_DEPTH } from "../events/json.ts";

/** Looked at level by level: what is nested so deep would be too deep for a function that calls itself. */
export function isTooDeep(value: unknown): boolean {
  let level = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) return true;
    level = level.flatMap((one) => (typeof one === "object" && one !== null ? Object.values(one) : []));
    level = level.filter((one) => typeof one === "object" && one !== null);
  }
  return false;
}

/** What a text stands for, or why rivulet cannot have written it: where an import would refuse it, it is damaged. */
export function parse(text: unknown): { readonly value: unknown } | { readonly problem: string } {
  try {
    return { value: parseStrictJson(text as string) };
  } catch (error) {
    return { problem: isEventStoreError(error) ? `not as rivulet writes it: ${error.message}` : "not JSON" };
  }
}
