import { stringify } from "../events/json.ts";
import type { PostgresQuery } from "./driver.ts";
import { patternOf } from "./index-schema.ts";
import { arrayOf } from "./values.ts";

/**
 * Indexes stored events that are not indexed yet, by their types and by keys of metadata, a few segments with each statement. What it has
 * done is kept if it does not come to its end. `s`: the schema's quoted name.
 */
export async function indexEvents(query: PostgresQuery, s: string, keys: readonly string[]): Promise<void> {
  await untilDone(query, `SELECT ${s}.index_segments()::int`, []);
  if (keys.length === 0) return;
  const texts = keys.map((key) => stringify(key));
  const rows = await query(`SELECT key FROM ${s}.indexed_metadata WHERE missing = 0 AND key = ANY ($1::text[])`, [
    arrayOf(texts),
  ]);
  const done = new Set(rows.map(([key]) => key));
  for (const key of texts) {
    if (!done.has(key)) await untilDone(query, `SELECT ${s}.index_key($1, $2)::int`, [key, patternOf(key)]);
  }
}

async function untilDone(query: PostgresQuery, step: string, values: readonly string[]): Promise<void> {
  while ((await query(step, values))[0]?.[0] === "1");
}
