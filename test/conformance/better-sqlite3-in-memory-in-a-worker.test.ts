import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { describeConformance } from "../support/conformance.ts";

describeConformance("better-sqlite3 in memory, in a worker", {
  open: (options) => openEventStore(betterSqlite3({ worker: true }), options),
  sql: true,
});
