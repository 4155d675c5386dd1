import { describeForeignConformance } from "../support/foreign-conformance.ts";

describeForeignConformance({
  runtime: "Node 24",
  module: "rivulet/node-sqlite",
  adapter: "nodeSqlite",
  place: "file",
  row: "node-sqlite",
});
