import { EventStoreError, messageOf } from "../../src/adapter.ts";
import type { Engine } from "../node/engine.ts";
import { refuseFaulty } from "../node/refuse-faulty.ts";

/** The engines, best first. Their files are the same. */
const ENGINES: readonly (() => Promise<{ readonly engine: Engine }>)[] = [
  () => import("../better-sqlite3/engine.ts"),
  () => import("../node-sqlite/engine.ts"),
];

/**
 * Resolves with the first engine that opens a database. If none does, rejects with `storage-unavailable` and the reason
 * of each.
 */
export async function findEngine(): Promise<Engine> {
  const reasons: string[] = [];
  for (const load of ENGINES) {
    try {
      const { engine } = await load();
      refuseFaulty(engine);
      return engine;
    } catch (error) {
      reasons.push(messageOf(error).split("\n", 1)[0] as string);
    }
  }
  const message = `no SQLite works here: npm install better-sqlite3, or use Node 24.15, or 25.8.1 or newer: ${reasons.join("; ")}`;
  throw new EventStoreError("storage-unavailable", message, { reason: "no-engine" });
}
