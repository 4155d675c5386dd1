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

/** Undefined: it is not JSON. */
export function parse(text: unknown): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text as string) as unknown };
  } catch {
    return undefined;
  }
}
