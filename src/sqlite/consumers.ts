import type {
  ConsumerMove,
  ConsumerOutcome,
  ConsumerParkedQuery,
  ConsumerParked,
} from "../storage/consumer-protocol.ts";
import { ownerOf, planMove } from "../storage/consumer-rules.ts";
import type { Fence } from "../storage/protocol.ts";
import type { SqliteDriver } from "./driver.ts";

/** How far consumers have come, and what they have parked: synchronous, one transaction a call. */
export interface ConsumerTable {
  load(name: string): number | null;
  move(move: ConsumerMove): ConsumerOutcome;
  parked(query: ConsumerParkedQuery): readonly ConsumerParked[];
}

/** `stands` and `readHead` are asked in the transaction that they guard. */
export function createConsumerTable(
  driver: SqliteDriver,
  stands: (fence: Fence) => boolean,
  readHead: () => number,
): ConsumerTable {
  const select = driver.prepare("SELECT position FROM checkpoints WHERE name = ?");
  const upsert = driver.prepare("INSERT OR REPLACE INTO checkpoints (name, position) VALUES (?, ?)");
  const park = driver.prepare(
    "INSERT OR REPLACE INTO parked (owner, position, message, attempts, timestamp) VALUES (?, ?, ?, ?, ?)",
  );
  const unpark = driver.prepare("DELETE FROM parked WHERE owner = ? AND position = ?");
  const selectParked = driver.prepare(
    "SELECT position, message, attempts, timestamp FROM parked WHERE owner = ? AND position > ? ORDER BY position LIMIT ? + 0",
  );

  function load(name: string): number | null {
    return (select.get(name)?.[0] as number | undefined) ?? null;
  }

  function write(move: ConsumerMove): ConsumerOutcome {
    const { name } = move;
    const plan = planMove(move, stands, load(name), readHead());
    if (!plan.done) return plan.outcome;
    if (plan.to !== undefined) upsert.run(name, plan.to);
    if (move.park !== undefined) {
      const { position, message, attempts, timestamp } = move.park;
      park.run(ownerOf(name), position, message, attempts, timestamp);
    }
    if (move.unpark !== undefined) unpark.run(ownerOf(name), move.unpark);
    return { outcome: "done" };
  }

  return {
    load,
    move: (move) => driver.transaction("write", () => write(move)),
    parked: ({ owner, after, limit }) =>
      selectParked.all(owner, after, limit).map(([position, message, attempts, timestamp]) => ({
        position: position as number,
        message: message as string,
        attempts: attempts as number,
        timestamp: timestamp as number,
      })),
  };
}
