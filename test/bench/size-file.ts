import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT } from "../support/run-node.ts";
import type { Work } from "./size-work.ts";

export { WORKS } from "./size-work.ts";

/** What opens the file itself. */
export const CLOSED: Readonly<Record<string, { readonly unit: Work["unit"]; run(path: string): Promise<number> }>> = {
  "opening and asking for the head": {
    unit: "ms",
    async run(path) {
      await using store = await openEventStore(betterSqlite3({ path }));
      await store.head();
      return 1;
    },
  },
  verify: {
    unit: "µs an event",
    async run(path) {
      const door = pathToFileURL(join(ROOT, "dist/adapters/command-line/run.js")).href;
      const { runCommandLine } = (await import(door)) as { runCommandLine(args: readonly string[]): Promise<number> };
      if ((await runCommandLine(["verify", path])) !== 0) throw new Error("the file is damaged");
      await using store = await openEventStore(betterSqlite3({ path }));
      return store.head();
    },
  },
};
