import { Worker } from "node:worker_threads";
import type { Engine } from "../node/engine.ts";
import { codeOf, openDriver } from "./driver.ts";

export const engine: Engine = {
  name: "node-sqlite",
  open: openDriver,
  codeOf,
  upgrade: "use a newer version of this runtime, such as Node 24.15, or rivulet/better-sqlite3",
  // The flags of this process, such as --input-type, may not be valid for the worker, which needs none.
  startWorker: () => new Worker(new URL("./worker.js", import.meta.url), { execArgv: [] }),
  processFile: () => new URL("./process.js", import.meta.url),
};
