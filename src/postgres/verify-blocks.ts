import type { VerifyListeners } from "../storage/verify-rules.ts";
import type { PostgresQuery } from "./driver.ts";
import { BLOCK, joinMetadata, METADATA_TERM, SEGMENT, TYPE_TERM } from "./index-schema.ts";
import { toNumber } from "./values.ts";

/** How many positions one statement compares. */
const STEP: number = 10 * SEGMENT;

/** Reports events that reads by their type or by indexed metadata would not find. `s`: the schema's quoted name. */
export async function verifyBlocks(
  query: PostgresQuery,
  s: string,
  onProblem: VerifyListeners["onProblem"],
): Promise<void> {
  const within = "e.position > $1 AND e.position <= $2";
  const isLost = (term: string): string =>
    `NOT EXISTS (SELECT FROM ${s}.event_blocks b WHERE b.term = ${s}.term_of(${term}) AND b.segment = (e.position - 1) / ${SEGMENT} ` +
    `AND b.blocks >> ((e.position - 1) / ${BLOCK} % ${SEGMENT / BLOCK})::int & 1 = 1)`;
  const selects = {
    type: `SELECT e.position FROM ${s}.events e WHERE ${within} AND ${isLost(TYPE_TERM)} ORDER BY 1`,
    metadata:
      `SELECT DISTINCT e.position FROM ${joinMetadata(s)} ` +
      `WHERE ${within} AND e.position > k.missing * ${SEGMENT} AND ${isLost(METADATA_TERM)} ORDER BY 1`,
  };
  const [[newest] = []] = await query(`SELECT coalesce(max(segment), -1) FROM ${s}.event_blocks WHERE term = 0`);
  const end = (toNumber(newest) + 1) * SEGMENT;
  for (let after = 0; after < end; after += STEP) {
    for (const [part, sql] of Object.entries(selects)) {
      for (const [position] of await query(sql, [after, Math.min(end, after + STEP)])) {
        onProblem({ kind: "event", where: `position ${position}`, what: `reads by its ${part} do not find it` });
      }
    }
  }
}
