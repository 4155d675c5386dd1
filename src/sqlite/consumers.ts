import type { ConsumerMove, ConsumerOutcome, ConsumerStorage } from "../storage/consumer-protocol.ts";
import { ownerOf, planMove } from "../storage/consumer-rules.ts";
import type { Fence } from "../storage/protocol.ts";
import type { Synchronous } from "../storage/synchronous.ts";
import type { SqliteDriver } from "./driver.ts";
import { SELECT_PARKED, toParked } from "./rows.ts";

/**
 * Consumers' checkpoints and parked events, with one transaction for each call. `stands` and `readHead` are called inside the transaction
 * that they guard; `unflushed` runs one that need not be on disk at once.
 */
export function createConsumerTable(
  driver: SqliteDriver,
  stands: (fence: Fence) => boolean,
  readHead: () => number,
  unflushed: <T>(work: () => T) => T = (work) => work(),
): Synchronous<ConsumerStorage> {
  const select = driver.prepare("SELECT position FROM checkpoints WHERE name = ?");
  const upsert = driver.prepare("INSERT OR REPLACE INTO checkpoints (name, position) VALUES (?, ?)");
  const park = driver.prepare(
    "INSERT OR REPLACE INTO parked (owner, position, message, attempts, timestamp) VALUES (?, ?, ?, ?, ?)",
  );
  const unpark = driver.prepare("DELETE FROM parked WHERE owner = ? AND position = ?");
  const selectParked = driver.prepare(`${SELECT_PARKED} AND p.position > ? ORDER BY p.position LIMIT ? + 0`);

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
    loadCheckpoint: load,
    moveConsumer: (move) => {
      const step = (): ConsumerOutcome => driver.transaction("write", () => write(move));
      // What stands in the log before a checkpoint reaches the disk before it, so a power cut only sets the consumer back: it then
      // handles some events again. The first checkpoint decides where the consumer begins, and parking is no repetition.
      const only = move.park === undefined && move.unpark === undefined && typeof move.checkpoint?.from === "number";
      return only ? unflushed(step) : step();
    },
    listConsumerParked: ({ owner, after, limit }) => selectParked.all(owner, after, limit).map(toParked),
  };
}
