import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { describeConformance } from "../support/conformance.ts";
import { overSockets } from "../support/socket-pair.ts";

describeConformance("better-sqlite3, over sockets that carry texts", {
  open: (options) => openEventStore(overSockets(betterSqlite3()), options),
  sql: true,
});
