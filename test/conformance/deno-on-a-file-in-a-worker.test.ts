import { describeForeignConformance } from "../support/foreign-conformance.ts";

describeForeignConformance({
  runtime: "Deno",
  module: "rivulet/node-sqlite",
  adapter: "nodeSqlite",
  options: { worker: true },
  place: "file",
});
