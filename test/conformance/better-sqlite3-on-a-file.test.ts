import { describeConformance, onFiles } from "../support/conformance.ts";

describeConformance("better-sqlite3 on a file", onFiles({}), "better-sqlite3");
