/** A separate process that reports a few made-up aftershocks to the given database, one after the other. */
import { setTimeout as pause } from "node:timers/promises";
import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import type { DrillEvent } from "./drill-events.ts";

const PAUSE = 200;

const path = process.argv[2];
if (path === undefined) throw new Error("usage: node drill.js <path of the database>");

await using store = await openEventStore(betterSqlite3({ path }));
const drill = store.stream<DrillEvent>("drill");

for (const magnitude of [4.1, 3.6, 2.9, 2.2, 1.7]) {
  const place = `${Math.round(magnitude * 3)} km from anywhere`;
  await drill.append({ type: "reported", data: { magnitude, place, time: new Date().toISOString() } });
  await pause(PAUSE);
}
await drill.append({ type: "ended", metadata: { process: process.pid } });
