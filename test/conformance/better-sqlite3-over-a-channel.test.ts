import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { describeConformance } from "../support/conformance.ts";
import { overChannel } from "../support/remote-adapter.ts";

/** Its server trusts no client and checks every argument of every call. */
describeConformance("better-sqlite3 in memory, over a message channel", {
  open: (options) => openEventStore(overChannel(betterSqlite3()), options),
  sql: true,
});
