/**
 * Appends batches that make the log long, and says so when one is acknowledged.
 * Arguments: the file, the durability, whether in a worker, the number of the run, and for how long: "until-long" stops when the log
 * has 4,200 pages, and ends without closing the store when it gets a line.
 */
import { statSync, writeSync } from "node:fs";
import { openEventStore } from "rivulet";
import { givenEngine } from "../given-engine.ts";
import { longLogBatch } from "../long-log-batches.ts";

const PAGE = 4_096 + 24;

const [path = "", durability, worker, run, howLong] = process.argv.slice(2);
const adapter = await givenEngine();
const store = await openEventStore(
  adapter({ path, durability: durability as "full" | "normal", worker: worker === "true" }),
);
for (let batch = 0; howLong !== "until-long" || statSync(`${path}-wal`).size < 4_200 * PAGE; batch++) {
  say(`sent ${batch}`);
  await store.append(longLogBatch(Number(run), batch));
  say(`acknowledged ${batch}`);
}
say("long");
process.stdin.once("data", () => process.stdin.destroy());

/** At once: what is said must be out before the process can be killed. */
function say(line: string): void {
  writeSync(1, `${line}\n`);
}
