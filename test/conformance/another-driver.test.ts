import { openEventStore } from "rivulet";
import { describeConformance } from "../support/conformance.ts";
import { fileAdapter } from "../support/sqlite-driver.ts";
import { temporaryPath } from "../support/temporary.ts";

describeConformance("a SQLite driver as somebody else might write it", {
  open: (options) => openEventStore(fileAdapter({ path: temporaryPath() }), options),
  sql: true,
});
