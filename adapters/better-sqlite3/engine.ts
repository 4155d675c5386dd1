import { Worker } from "node:worker_threads";
import type { Engine } from "../node/engine.ts";
import { codeOf, openDriver } from "./driver.ts";

export const engine: Engine = {
  name: "better-sqlite3",
  open: openDriver,
  codeOf,
  upgrade: "install a newer better-sqlite3",
  startWorker: () => new Worker(new URL("./worker.js", import.meta.url), { execArgv: [] }),
  startCheckpoints: () => new Worker(new URL("./log-checkpoints.js", import.meta.url), { execArgv: [] }),
  processFile: () => new URL("./process.js", import.meta.url),
};
