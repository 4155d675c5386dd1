import { mustBe } from "../errors.ts";

/**
 * Returns the keys of metadata that are to be indexed: none for undefined.
 *
 * @throws `invalid-argument` for anything but a list of texts.
 * @example
 * ```ts
 * function open({ indexedMetadata }: { readonly indexedMetadata?: readonly string[] }): void {
 *   console.log(checkIndexedMetadata(indexedMetadata));
 * }
 * ```
 */
export function checkIndexedMetadata(keys: unknown = []): readonly string[] {
  if (!Array.isArray(keys) || [...(keys as unknown[])].some((key) => typeof key !== "string"))
    throw mustBe("indexedMetadata", "a list of keys");
  return keys as string[];
}
