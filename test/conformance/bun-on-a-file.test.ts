import { describeForeignConformance } from "../support/foreign-conformance.ts";

describeForeignConformance({
  runtime: "Bun",
  module: "rivulet/node-sqlite",
  adapter: "nodeSqlite",
  place: "file",
  row: "node-sqlite in Bun",
});
