import { describeForeignConformance } from "../support/foreign-conformance.ts";

describeForeignConformance({
  runtime: "Node 24",
  module: "rivulet/better-sqlite3",
  adapter: "betterSqlite3",
  place: "file",
  row: "better-sqlite3 in Node 24",
});
