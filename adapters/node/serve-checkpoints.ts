import { parentPort } from "node:worker_threads";
import type { SqliteDriver } from "../../src/adapter.ts";
import type { CheckpointAnswer, CheckpointCall } from "./checkpoint-thread.ts";
import type { Engine } from "./engine.ts";

/** How often a call copies what was written while it copied. */
const ROUNDS = 3;

/** Runs checkpoints in a thread of their own. */
export function serveCheckpoints(engine: Engine): void {
  let driver: SqliteDriver | undefined;

  function run(call: CheckpointCall): void {
    if (typeof call === "object") {
      driver = engine.open(call.open);
      // Whatever the build's default is, the log is flushed before it is copied, and the file before the log begins anew.
      driver.exec("PRAGMA synchronous = full");
      // Only the checkpoints that are asked for.
      driver.exec("PRAGMA wal_autocheckpoint = 0");
    } else if (call === "close") driver?.close();
    else copyLog(driver as SqliteDriver);
  }

  // The listener keeps the thread alive until it is terminated from outside. If it ended by itself, its last answer could get lost.
  parentPort?.on("message", (call: CheckpointCall) => {
    let answer: CheckpointAnswer = "done";
    try {
      run(call);
    } catch {
      answer = "failed";
    }
    parentPort?.postMessage(answer);
  });
}

/** It waits for nobody: PASSIVE leaves out what others still need (https://sqlite.org/pragma.html#pragma_wal_checkpoint). */
function copyLog(driver: SqliteDriver): void {
  const passive = driver.prepare("PRAGMA wal_checkpoint(PASSIVE)");
  const noop = driver.prepare("PRAGMA wal_checkpoint(NOOP)");
  for (let round = 0; round < ROUNDS; round++) {
    passive.get();
    const [, length, copied] = noop.get() as [number, number, number];
    if (copied === length) return;
  }
}
