import { stringify } from "../events/json.ts";
import type { PostgresQuery, PostgresValue } from "./driver.ts";
import { patternOf } from "./index-schema.ts";
import { arrayOf } from "./values.ts";

/** How long opening waits for the lock of the writers at most, in milliseconds: without the index, reads are right, only slower. */
const LONGEST_WAIT = 1_000;

/**
 * Indexes stored events that are not indexed yet, by their types and by keys of metadata, a few segments with each statement. What it has
 * done is kept if it does not come to its end, and what it may not do, or for whose lock it would wait for longer than `timeout` or a
 * second, is left to a later opening. `s`: the schema's quoted name.
 */
export async function indexEvents(
  query: PostgresQuery,
  s: string,
  { keys, timeout }: { readonly keys: readonly string[]; readonly timeout: number },
): Promise<void> {
  const wait = Math.max(1, Math.min(timeout, LONGEST_WAIT));
  await untilDone(query, `SELECT ${s}.index_segments($1)::int`, [wait]);
  if (keys.length === 0) return;
  const texts = keys.map((key) => stringify(key));
  const rows = await query(`SELECT key FROM ${s}.indexed_metadata WHERE missing = 0 AND key = ANY ($1::text[])`, [
    arrayOf(texts),
  ]);
  const done = new Set(rows.map(([key]) => key));
  for (const key of texts) {
    if (!done.has(key)) await untilDone(query, `SELECT ${s}.index_key($1, $2, $3)::int`, [wait, key, patternOf(key)]);
  }
}

async function untilDone(query: PostgresQuery, step: string, values: readonly PostgresValue[]): Promise<void> {
  while ((await query(step, values))[0]?.[0] === "1");
}
