import { mustBe } from "../errors.ts";

/**
 * Makes predictable ids: "id-1", "id-2" and so on. Pass it to a store as `newId`, with another prefix (default "id-") each time the
 * same database is opened, because ids must be unique for ever.
 *
 * @throws `invalid-argument` for what is not a text.
 * @example
 * ```ts
 * await using bank = await openEventStore(memory(), { newId: sequentialIds() });
 * const { events } = await bank.stream("account-1").append({ type: "closed" });
 * console.log(events[0]?.id); // → id-1
 * ```
 */
export function sequentialIds(prefix = "id-"): () => string {
  if (typeof prefix !== "string") throw mustBe("prefix", "a string");
  let last = 0;
  return () => `${prefix}${++last}`;
}
