/**
 * Makes ids that can be foretold: "id-1", "id-2" and so on. Give it as the `newId` of a store, with another prefix (default
 * "id-") each time the same place is opened: ids are unique for ever.
 */
export function sequentialIds(prefix = "id-"): () => string {
  let last = 0;
  return () => `${prefix}${++last}`;
}
