import { stringify } from "../events/json.ts";
import { EventStoreError } from "../errors.ts";
import type { ConsumerMove, ConsumerOutcome, ConsumerStorage } from "../storage/consumer-protocol.ts";
import { ownerOf, planMove } from "../storage/consumer-rules.ts";
import type { PostgresQuery } from "./driver.ts";
import { selectParked, toParked } from "./rows.ts";
import { toNumber } from "./values.ts";

/** How often a step is planned again because others have changed what it was planned with. */
const ATTEMPTS = 100;

/**
 * Consumers' checkpoints and parked events. A step is one statement, which takes effect only if everything is as it was planned: first
 * as the caller expects it, and otherwise as it was read. `s`: the schema's quoted name.
 */
export function createConsumerTable(query: PostgresQuery, s: string): ConsumerStorage {
  const select = `SELECT position FROM ${s}.checkpoints WHERE name = $1`;
  const selectAll =
    `SELECT (SELECT token FROM ${s}.leases WHERE name = $1), (SELECT position FROM ${s}.checkpoints WHERE name = $2), ` +
    `(SELECT max(position) FROM ${s}.events)`;
  const write = `SELECT ${s}.move_consumer($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`;
  const selectPage = `${selectParked(s)} AND p.position > $2 ORDER BY p.position LIMIT $3`;

  /** Writes a planned step; resolves with false if fence, checkpoint or head are not as planned. */
  async function apply({ name, fence, checkpoint, park, unpark }: ConsumerMove): Promise<boolean> {
    const [[done] = []] = await query(write, [
      name,
      fence?.lease ?? null,
      fence?.token ?? null,
      fence !== undefined,
      checkpoint !== undefined,
      checkpoint?.from ?? null,
      checkpoint === undefined || checkpoint.to === "head" ? null : checkpoint.to,
      ownerOf(name),
      park?.position ?? null,
      park === undefined ? null : stringify(park.message),
      park?.attempts ?? null,
      park?.timestamp ?? null,
      unpark ?? null,
    ]);
    return done === "t";
  }

  /** Plans as if all was as the caller expects, which the statement then finds out. */
  function expectsToBeDone(move: ConsumerMove): boolean {
    const to = move.checkpoint?.to;
    const head = typeof to === "number" ? to : Number.MAX_SAFE_INTEGER;
    return planMove(move, () => true, move.checkpoint?.from ?? null, head).done;
  }

  async function moveConsumer(move: ConsumerMove): Promise<ConsumerOutcome> {
    if (expectsToBeDone(move) && (await apply(move))) return { outcome: "done" };
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const [[token, position, head] = []] = await query(selectAll, [move.fence?.lease ?? null, move.name]);
      const stands = (fence: { readonly token: number }): boolean => token !== null && toNumber(token) === fence.token;
      const plan = planMove(move, stands, position == null ? null : toNumber(position), toNumber(head));
      if (!plan.done) return plan.outcome;
      if (await apply(move)) return { outcome: "done" };
    }
    throw new EventStoreError("storage-busy", `consumer ${move.name}: its checkpoint moved ${ATTEMPTS} times`, {
      timeout: 0,
    });
  }

  return {
    async loadCheckpoint(name) {
      const [row] = await query(select, [name]);
      return row === undefined ? null : toNumber(row[0]);
    },
    moveConsumer,
    async listConsumerParked({ owner, after, limit }) {
      return (await query(selectPage, [owner, after, limit])).map(toParked);
    },
  };
}
