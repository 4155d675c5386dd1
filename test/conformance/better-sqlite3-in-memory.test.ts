import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { describeConformance } from "../support/conformance.ts";

describeConformance("better-sqlite3 in memory", {
  open: (options) => openEventStore(betterSqlite3(), options),
  sql: true,
});
