import { invalidArgument } from "../errors.ts";

/** The keys of metadata that are to be indexed, each once. @throws `invalid-argument` for anything but a list of texts. */
export function checkIndexedMetadata(keys: unknown): readonly string[] {
  if (keys === undefined) return [];
  if (!Array.isArray(keys) || Array.from(keys).some((key) => typeof key !== "string")) {
    throw invalidArgument("indexedMetadata", "indexedMetadata must be a list of keys");
  }
  return [...new Set(keys as string[])];
}
